import type { RunListener } from '../../../../shared/run/events.ts';
import type { DatasetInspection } from '../../../../shared/run/inspection.ts';
import { inspectDataset, openDataset } from '../../data/index.ts';
import { progressListener } from '../context/run-context.ts';

export interface InspectOptions {
  /** Path of the dataset. */
  readonly path: string;
  readonly listener: RunListener;
  readonly signal: AbortSignal;
}

/** What a dataset holds, and what is wrong with it. Reads every image; writes nothing. */
export async function inspect({ path, listener, signal }: InspectOptions): Promise<DatasetInspection> {
  const dataset = await openDataset(path, { signal });
  try {
    return await inspectDataset(dataset, { listener: progressListener(listener), signal });
  } finally {
    await dataset.close();
  }
}
