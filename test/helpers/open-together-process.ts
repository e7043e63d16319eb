/** A process for tests: opens the store of one new home after the other, each at a moment that it shares with its like. */
import { join } from 'node:path';
import { openStore, saveDataset } from '../../electron/engine/store/index.ts';

const [folder, name, firstAt, intervalMs, rounds] = process.argv.slice(2) as [string, string, string, string, string]; // Given by the test.
const failures: string[] = [];
for (let round = 0; round < Number(rounds); round++) {
  while (Date.now() < Number(firstAt) + round * Number(intervalMs)); // Sleeping would wake the processes one by one.
  try {
    const store = openStore(join(folder, String(round)));
    saveDataset(store.db, { name, path: `/${name}`, fingerprint: 'f', classes: ['a'], images: 1 }, 1);
    store.close();
  } catch (error) {
    failures.push(`${round}: ${error instanceof Error ? error.message : error}`);
  }
}
console.log(JSON.stringify(failures));
