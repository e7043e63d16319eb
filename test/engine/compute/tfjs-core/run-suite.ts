/**
 * Runs tfjs-core's own tests on a back end and prints one line of JSON:
 * `{backend, passed, failed: [{name, message}], excluded, elapsedMs}`.
 *
 *     node test/engine/compute/tfjs-core/run-suite.ts simd|cpu|webgpu [part of test names, or several separated by |]
 *
 * On `webgpu` the whole suite takes long where a software rasterizer stands in for a card.
 */
import './load-sources.ts';
import { createRequire } from 'node:module';
import { EXCLUSIONS, WEBGPU_EXCLUSIONS } from './exclusions.ts';

const [backendName = 'simd', only = ''] = process.argv.slice(2);

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
  const { registerSimdKernels } = await import('../../../../electron/engine/compute/simd/kernels-registered/index.ts');
  const runtime = await startSimdRuntime({ threads: 2 });
  registerSimdKernels();
  tf.registerBackend('simd', () => new SimdBackend(runtime));
  stop = () => runtime.stop();
}
if (backendName === 'webgpu') {
  const { openForSuite } = await import('./open-webgpu.ts');
  await openForSuite();
}
const env = jasmine.getEnv();
env.configure({ forbidDuplicateNames: false });
// A card cannot be waited for; tests that read synchronously are left out by tfjs then.
const isDataSync = backendName !== 'webgpu';
setTestEnvs([{ name: backendName, backendName, isDataSync, flags: { WEBGPU_CPU_FORWARD: false } }]);
await import('@tensorflow/tfjs-core/dist/tests.js');

const excludes = (backendName === 'webgpu' ? WEBGPU_EXCLUSIONS : EXCLUSIONS).map(({ test }) => test);
const parts = only.split('|');
let passed = 0;
let excluded = 0;
const failed: { name: string; message: string | undefined }[] = [];
const startedMs = performance.now();
env.configure({
  random: false,
  specFilter: (spec: { getFullName(): string }) => {
    const name = spec.getFullName();
    if (!parts.some((part) => name.includes(part))) return false;
    const out = excludes.some((part) => name.includes(part));
    if (out) excluded++;
    return !out;
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
await env.execute();
await stop();
const elapsedMs = Math.round(performance.now() - startedMs);
process.stdout.write(`${JSON.stringify({ backend: backendName, passed, failed, excluded, elapsedMs })}\n`);
process.exit(failed.length === 0 ? 0 : 1);
