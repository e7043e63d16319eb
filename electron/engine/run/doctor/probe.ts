/** A process or thread that tries one back end, or loads one native library, tells its parent what it finds, and ends. */
import { parentPort } from 'node:worker_threads';
import type { BackendDiagnosis } from '../../../../shared/run/diagnosis.ts';
import { type Attempt, type BackendName, type Precision, stopCompute, tryBackend } from '../../compute/index.ts';
import { benchStep } from '../bench/bench-step.ts';
import type { FoundBackend, ProbeMessage, ProbeRequest } from './messages.ts';

/** The step that is timed. JavaScript alone takes seconds for an image. */
const TIMED = { size: 32, batch: 64, steps: 5, warmUpSteps: 3 };
const TIMED_IN_JAVASCRIPT = { size: 32, batch: 2, steps: 1, warmUpSteps: 0 };

// The parent wrote it.
const request = JSON.parse(process.argv[2] ?? '{}') as ProbeRequest;
if (request.what === 'backend') await probeBackend(request.name, request.threads ?? undefined);
else await probeOnnxRuntime();
await tell({ type: 'done' });
// A driver may keep threads of its own.
process.exit(0);

async function probeBackend(name: BackendName, threads: number | undefined): Promise<void> {
  const attempt = await tryBackend(name, { threads, precision: 'mixed' });
  await tell({ type: 'found', backend: describeAttempt(attempt) });
  if ('error' in attempt) return;
  await time(name, threads, 'f32');
  if (attempt.precision === 'mixed') await time(name, threads, 'mixed');
  await stopCompute();
}

async function time(backend: BackendName, threads: number | undefined, precision: Precision): Promise<void> {
  const settings = backend === 'cpu' ? TIMED_IN_JAVASCRIPT : TIMED;
  const { size, batch, step_ms, images_per_s } = await benchStep({ ...settings, backend, threads, precision });
  const speed = { precision, size, batch, stepMs: step_ms, imagesPerSecond: images_per_s };
  await tell({ type: 'timed', speed });
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

async function probeOnnxRuntime(): Promise<void> {
  const { describeOnnxRuntime } = await import('../../measure/index.ts');
  const [nameAndVersion = ''] = describeOnnxRuntime(0).split(',');
  await tell({ type: 'runtime', description: nameAndVersion });
}

/** Resolves when the parent has been told; what is sent just before the end would else be lost. */
function tell(message: ProbeMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, undefined, undefined, () => resolve());
    else {
      parentPort?.postMessage(message);
      resolve();
    }
  });
}
