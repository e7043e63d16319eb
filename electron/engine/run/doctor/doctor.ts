import { freemem, release } from 'node:os';
import type { BackendDiagnosis, Diagnosis } from '../../../../shared/run/diagnosis.ts';
import type { RunListener } from '../../../../shared/run/events.ts';
import { BACKEND_NAMES, type BackendName } from '../../compute/candidate.ts';
import { hasRelaxedSimd } from '../../compute/simd/runtime.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { ProgressMeter } from '../../core/progress.ts';
import { decantVersion, describeMachine } from '../context/machine.ts';
import { progressListener } from '../context/run-context.ts';
import { diagnoseStore } from './diagnose-store.ts';
import type { ProbeMessage, ProbeRequest } from './messages.ts';
import { runProbe } from './run-probe.ts';

export interface DoctorOptions {
  readonly home: string;
  /** Threads of the back end `simd`; null: as many as there are cores. */
  readonly threads: number | null;
  readonly listener: RunListener;
  readonly signal: AbortSignal;
  readonly clock?: Clock | undefined;
  /** Tries one thing in a process of its own; for tests. */
  readonly probe?: Probe | undefined;
}

export type Probe = (request: ProbeRequest) => Promise<{ messages: ProbeMessage[]; failure: string | null }>;

/** Compiling the kernels of a graphics card may take long the first time. */
const LIMIT_MS = 60_000;

/** One function with a vector in it; tells whether the engine knows WebAssembly SIMD. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/**
 * Tries every back end, one after the other and each in a process of its own, so that one whose driver crashes costs only
 * its row: whether it is there, whether it computes rightly, how fast it is, and which one `auto` takes. Also tells the
 * facts about the machine and checks the store. Changes nothing; throws only the signal's reason.
 */
export async function doctor({
  home,
  threads,
  listener,
  signal,
  clock = systemClock,
  probe = (request) => runProbe(request, { signal, limitMs: LIMIT_MS }),
}: DoctorOptions): Promise<Diagnosis> {
  const meter = new ProgressMeter({
    stage: 'doctor',
    total: BACKEND_NAMES.length,
    unit: 'back ends',
    clock,
    listener: progressListener(listener),
  });
  const found: Omit<BackendDiagnosis, 'chosen'>[] = [];
  for (const name of BACKEND_NAMES) {
    listener({ type: 'note.added', message: `Trying ${name}` });
    found.push(diagnoseBackend(name, await probe({ what: 'backend', name, threads })));
    meter.advance(1);
  }
  // A crash is no reason for `auto` to pass a back end over: it happens in its own process.
  const chosen = found.find(({ state }) => state === 'ready' || state === 'crashed');
  const { platform, cpu, cores, memoryBytes, node } = describeMachine();
  return {
    decant: decantVersion(),
    node: node.replace(/^v/, ''),
    v8: process.versions.v8,
    platform: `${platform} ${release()}`,
    processor: cpu,
    cores,
    memoryBytes,
    freeMemoryBytes: freemem(),
    webAssembly: {
      simd: WebAssembly.validate(SIMD_PROBE),
      relaxedSimd: hasRelaxedSimd(),
      sharedMemory: typeof SharedArrayBuffer === 'function',
    },
    onnxRuntime: await findOnnxRuntime(probe),
    store: await diagnoseStore(home),
    backends: found.map((backend) => ({ ...backend, chosen: backend === chosen })),
  };
}

function diagnoseBackend(
  name: BackendName,
  { messages, failure }: Awaited<ReturnType<Probe>>,
): Omit<BackendDiagnosis, 'chosen'> {
  const known = messages.find((message) => message.type === 'found')?.backend;
  const speeds = messages.flatMap((message) => (message.type === 'timed' ? [message.speed] : []));
  if (failure === null && known) return { name, ...known, speeds };
  const { device = null, threads = 0, kernels = null, selfTest = null } = known ?? {};
  const when = known ? 'after its self-test, ' : '';
  const reason = `${when}${failure ?? 'its process reported nothing'}`;
  return { name, state: 'crashed', reason, device, threads, kernels, selfTest, speeds };
}

async function findOnnxRuntime(probe: Probe): Promise<string | null> {
  const { messages } = await probe({ what: 'onnx-runtime' });
  return messages.find((message) => message.type === 'runtime')?.description ?? null;
}
