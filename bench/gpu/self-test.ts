/**
 * Runs the self-test of the back end on WebGPU, in f32 and then in mixed precision, and prints a line of JSON for each:
 * `{precision, device, checks, maxError, elapsedMs, failure}`. `--emulate` rounds by arithmetic where the card cannot.
 */
import { parseArgs } from 'node:util';
import { startCompute, stopCompute } from '../../electron/engine/compute/index.ts';
import { DecantError } from '../../electron/engine/core/errors.ts';

const { values } = parseArgs({ options: { emulate: { type: 'boolean', default: false } } });

for (const precision of ['f32', 'mixed'] as const) {
  try {
    const options = { backend: 'webgpu', precision, emulateHalf: values.emulate } as const;
    const { device, precision: computed, selfTest } = await startCompute(options);
    if (computed === precision) print({ precision, device, ...selfTest, failure: selfTest.failure ?? null });
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    print({ precision, device: null, ...error.details, failure: error.message });
  }
}
await stopCompute();
process.exit(0);

function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
