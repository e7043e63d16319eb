/**
 * Runs tfjs-core's own tests on a back end and prints one line of JSON:
 * `{backend, passed, failed: [{name, message}], excluded, reasons: [{reason, excluded}], finished, elapsedMs}`, and the counts
 * with the reasons as text on stderr. Exit status 1 when a test fails.
 *
 *     node test/engine/compute/tfjs-core/run-suite.ts simd|cpu|webgpu [part of test names, or several separated by |]
 *       [--card] [--limit SECONDS]
 *
 * On `webgpu` the whole suite takes long where a software rasterizer stands in for a card; `--card` leaves the choice of the
 * adapter to Dawn. After the limit the result so far is printed, with `finished` false.
 */
import './load-sources.ts';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { EXCLUSIONS, WEBGPU_EXCLUSIONS } from './exclusions.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { card: { type: 'boolean', default: false }, limit: { type: 'string' } },
});
const [backendName = 'simd', only = ''] = positionals;

interface SpecResult {
  fullName: string;
  status: 'passed' | 'failed' | 'pending' | 'excluded';
  failedExpectations: { message: string; stack: string }[];
}

/** The part of jasmine's interface that is used here. */
interface Jasmine {
  DEFAULT_TIMEOUT_INTERVAL: number;
  getEnv(): {
    configure(options: object): void;
    addReporter(reporter: { specDone(result: SpecResult): void }): void;
    execute(): Promise<unknown>;
  };
}
const { installGlobals, jasmine }: { installGlobals(): void; jasmine: Jasmine } = createRequire(import.meta.url)(
  'jasmine-core',
);
installGlobals();
jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000;

const tf = await import('@tensorflow/tfjs-core');
await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
await import('@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js');
const { setTestEnvs } = await import('@tensorflow/tfjs-core/dist/jasmine_util.js');
await import('@tensorflow/tfjs-backend-cpu');

let stop = async () => {};
if (backendName === 'simd') {
  const { startSimdRuntime } = await import('../../../../electron/engine/compute/simd/runtime.ts');
  const { SimdBackend } = await import('../../../../electron/engine/compute/simd/backend.ts');
  const { registerSimdKernels } = await import('../../../../electron/engine/compute/simd/tfjs-kernels/index.ts');
  const runtime = await startSimdRuntime({ threads: 2 });
  registerSimdKernels();
  tf.registerBackend('simd', () => new SimdBackend(runtime));
  stop = () => runtime.stop();
}
if (backendName === 'webgpu') {
  const { openForSuite } = await import('./open-webgpu.ts');
  await openForSuite({ card: values.card });
}
const env = jasmine.getEnv();
env.configure({ forbidDuplicateNames: false });
// A card cannot be waited for; tests that read synchronously are left out by tfjs then.
const isDataSync = backendName !== 'webgpu';
setTestEnvs([{ name: backendName, backendName, isDataSync, flags: { WEBGPU_CPU_FORWARD: false } }]);
await import('@tensorflow/tfjs-core/dist/tests.js');

const exclusions = backendName === 'webgpu' ? WEBGPU_EXCLUSIONS : EXCLUSIONS;
const parts = only.split('|');
let passed = 0;
const excludedBy = new Map<string, number>();
const failed: { name: string; message: string | undefined }[] = [];
const startedMs = performance.now();
env.configure({
  random: false,
  specFilter: (spec: { getFullName(): string }) => {
    const name = spec.getFullName();
    if (!parts.some((part) => name.includes(part))) return false;
    const exclusion = exclusions.find(({ test }) => name.includes(test));
    if (exclusion) excludedBy.set(exclusion.reason, (excludedBy.get(exclusion.reason) ?? 0) + 1);
    return exclusion === undefined;
  },
});
env.addReporter({
  specDone({ status, fullName, failedExpectations }) {
    if (status === 'passed') passed++;
    if (status === 'failed') {
      failed.push({ name: fullName, message: failedExpectations[0]?.message.slice(0, 300) });
    }
  },
});
if (values.limit !== undefined) setTimeout(() => report({ finished: false }), 1000 * Number(values.limit));
await env.execute();
await stop();
report({ finished: true });

function report({ finished }: { finished: boolean }): never {
  const elapsedMs = Math.round(performance.now() - startedMs);
  const reasons = [...excludedBy].map(([reason, count]) => ({ reason, excluded: count }));
  const excluded = reasons.reduce((sum, reason) => sum + reason.excluded, 0);
  const until = finished ? '' : `, stopped after ${values.limit} s`;
  process.stderr.write(
    [
      `tfjs-core's tests on ${backendName}: ${passed} passed, ${failed.length} failed, ${excluded} excluded${until}`,
      ...reasons.map((entry) => `${String(entry.excluded).padStart(5)} excluded: ${entry.reason}`),
      '',
    ].join('\n'),
  );
  const result = { backend: backendName, passed, failed, excluded, reasons, finished, elapsedMs };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exit(failed.length === 0 ? 0 : 1);
}
