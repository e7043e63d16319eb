import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXPERIMENTS } from './index.ts';
import type { Ledger } from './ledger.ts';
import { renderResults } from './results-doc.ts';

const HEAD = `# Results

What Decant’s defaults rest on. Each section is written by a command, which anyone can run again; its protocol was fixed before the first
run, and says what was changed since. Accuracy is of test images that no choice was made on.
`;

/** Where the ledger of an experiment is kept. */
export function resultsFile(root: string, name: string): string {
  return join(root, 'docs/results', `${name}.json`);
}

/** Writes `docs/results.md` anew from all ledgers that are kept. */
export async function writeResults(root: string): Promise<void> {
  await writeFile(join(root, 'docs/results.md'), await renderDocument(root));
}

/** What `docs/results.md` has to be, given the ledgers that are kept. */
export async function renderDocument(root: string): Promise<string> {
  const sections: string[] = [];
  for (const [name, experiment] of Object.entries(EXPERIMENTS)) {
    const text = await readFile(resultsFile(root, name), 'utf8').catch(() => null);
    if (text !== null) sections.push(renderResults(name, experiment, (JSON.parse(text) as Ledger).cells)); // Written by writeLedger alone.
  }
  return `${[HEAD, ...sections].join('\n')}${sections.length > 0 ? '\n' : ''}`;
}
