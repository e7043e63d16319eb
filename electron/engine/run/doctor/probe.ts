/** A process or thread that tries one back end, or loads one native library, and tells what it finds as soon as it knows. */
import type { BackendDiagnosis, StepSpeed } from '../../../../shared/run/diagnosis.ts';
import { type Attempt, type BackendName, type Precision, stopCompute, tryBackend } from '../../compute/index.ts';
import { answerTasks } from '../../core/tasks/answer-tasks.ts';
import { benchStep } from '../bench/bench-step.ts';
import type { FoundBackend, ProbeMessage, ProbeTasks } from './messages.ts';

/** The step that is timed. JavaScript alone takes seconds for an image. */
const TIMED = { size: 32, batch: 64, steps: 5, warmUpSteps: 3 };
const TIMED_IN_JAVASCRIPT = { size: 32, batch: 2, steps: 1, warmUpSteps: 0 };

type Tell = (message: ProbeMessage) => Promise<void>;

const tasks: ProbeTasks = {
  probe: (request, { listener }) =>
    request.what === 'backend'
      ? probeBackend(request.name, request.threads ?? undefined, listener)
      : probeOnnxRuntime(listener),
};

answerTasks(tasks);

async function probeBackend(name: BackendName, threads: number | undefined, tell: Tell): Promise<void> {
  const attempt = await tryBackend(name, { threads, precision: 'mixed' });
  await tell({ type: 'found', backend: describeAttempt(attempt) });
  if ('error' in attempt) return;
  for (const precision of attempt.precision === 'mixed' ? (['f32', 'mixed'] as const) : (['f32'] as const))
    await tell({ type: 'timed', speed: await time(name, threads, precision) });
  await stopCompute();
}

async function time(backend: BackendName, threads: number | undefined, precision: Precision): Promise<StepSpeed> {
  const settings = backend === 'cpu' ? TIMED_IN_JAVASCRIPT : TIMED;
  const { size, batch, step_ms, images_per_s } = await benchStep({ ...settings, backend, threads, precision });
  return { precision, size, batch, stepMs: step_ms, imagesPerSecond: images_per_s };
}

function describeAttempt(attempt: Attempt): FoundBackend {
  if (!('error' in attempt)) {
    const { device, threads, kernels = null, selfTest } = attempt;
    return { state: 'ready', reason: null, device, threads, kernels, selfTest: describeSelfTest(selfTest) };
  }
  const state = attempt.error.code === 'backend.wrong' ? 'wrong' : 'absent';
  const selfTest = attempt.selfTest && describeSelfTest(attempt.selfTest);
  return { state, reason: attempt.clause, device: null, threads: 0, kernels: null, selfTest };
}

function describeSelfTest(result: NonNullable<Attempt['selfTest']>): NonNullable<BackendDiagnosis['selfTest']> {
  const { checks, maxError, elapsedMs, failure = null } = result;
  return { checks, maxError, elapsedMs, failure };
}

async function probeOnnxRuntime(tell: Tell): Promise<void> {
  const { describeOnnxRuntime } = await import('../../measure/index.ts');
  const [nameAndVersion = ''] = describeOnnxRuntime(0).split(',');
  await tell({ type: 'runtime', description: nameAndVersion });
}
