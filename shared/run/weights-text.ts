import type { WeightsEntry } from '../ipc/topics/weights.ts';
import { formatBytes } from '../text/format.ts';
import { formatTable } from '../text/table.ts';
import { nameArchitecture } from './architectures.ts';

const STATES: Readonly<Record<WeightsEntry['state'], string>> = {
  absent: 'not downloaded',
  partial: 'partly downloaded',
  ready: 'downloaded',
};

/** Formats the catalogue as a table. */
export function formatWeights(entries: readonly WeightsEntry[]): string {
  return formatTable(
    [
      { title: 'Weights' },
      { title: 'Network' },
      { title: 'Size', align: 'right' },
      { title: '' },
      { title: 'Licence' },
      { title: 'Published by' },
    ],
    entries.map(({ id, architecture, width, sizeBytes, state, licence, publisher }) => [
      id,
      `${nameArchitecture(architecture)} ${width}`,
      formatBytes(sizeBytes),
      STATES[state],
      licence,
      publisher,
    ]),
  );
}
