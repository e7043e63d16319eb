/**
 * Prints a line of JSON about the graphics card that Dawn finds, or `null`:
 * `{device, software, half, timestamps}`. In a process of its own, since a driver may crash.
 */
import { create, globals } from 'webgpu';

export interface FoundAdapter {
  readonly device: string;
  /** Whether the processor computes in the card's stead. */
  readonly software: boolean;
  /** Whether it has 16-bit arithmetic. */
  readonly half: boolean;
  /** Whether it can time its programs. */
  readonly timestamps: boolean;
}

Object.assign(globalThis, globals);
const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' });
const found: FoundAdapter | null = adapter && {
  device: adapter.info.description || adapter.info.device || adapter.info.vendor || 'graphics card',
  software: adapter.info.isFallbackAdapter,
  half: adapter.features.has('shader-f16'),
  timestamps: adapter.features.has('timestamp-query'),
};
process.stdout.write(`${JSON.stringify(found)}\n`);
process.exit(0);
