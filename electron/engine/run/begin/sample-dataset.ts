import { join } from 'node:path';
import type { ProgressListener } from '../../core/progress.ts';
import { DRAWING_VERSION, drawDataset } from '../../data/index.ts';

/** Enough pictures to tell a student from its teacher, few enough for minutes. */
const DRAWING = { classes: 10, trainPerClass: 180, testPerClass: 100, size: 32, seed: 1 };

/** Where a home keeps the pictures that Decant draws itself; those of an older Decant stay for the runs that began with them. */
export function sampleFolder(home: string): string {
  return join(home, 'samples', String(DRAWING_VERSION), 'drawn-pictures');
}

/** Draws them, unless they are there. Throws as `drawDataset`. */
export async function drawSample(
  home: string,
  options: { listener: ProgressListener; signal: AbortSignal },
): Promise<string> {
  const folder = sampleFolder(home);
  await drawDataset(folder, { ...DRAWING, ...options });
  return folder;
}
