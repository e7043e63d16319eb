import type { BackendDiagnosis, StepSpeed } from '../../../../shared/run/diagnosis.ts';
import type { BackendName } from '../../compute/index.ts';
import type { Task } from '../../core/tasks/task.ts';

/** What a probe is asked to try, in a process of its own. */
export type ProbeRequest =
  | { readonly what: 'backend'; readonly name: BackendName; readonly threads: number | null }
  | { readonly what: 'onnx-runtime' };

/** What a probe tells, as soon as it knows, so that a crash costs only what would have come after. */
export type ProbeMessage =
  | { readonly type: 'found'; readonly backend: FoundBackend }
  | { readonly type: 'timed'; readonly speed: StepSpeed }
  | { readonly type: 'runtime'; readonly description: string };

export type ProbeTasks = { readonly probe: Task<ProbeRequest, void, ProbeMessage> };

export type FoundBackend = Omit<BackendDiagnosis, 'name' | 'chosen' | 'speeds'>;
