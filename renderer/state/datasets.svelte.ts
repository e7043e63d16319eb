import type { DatasetSummary } from '../../shared/ipc/topics/datasets.ts';
import { ask } from '../bridge.ts';
import { Resource } from './resource.svelte.ts';

/** Known datasets, the most recently opened first. */
class DatasetsState {
  readonly list = new Resource<readonly DatasetSummary[]>();

  async load(): Promise<void> {
    await this.list.load(() => ask('datasets.list', {}));
  }

  get known(): readonly DatasetSummary[] {
    return this.list.value ?? [];
  }

  find(id: string): DatasetSummary | undefined {
    return this.known.find((dataset) => dataset.id === id);
  }
}

export const datasets = new DatasetsState();
