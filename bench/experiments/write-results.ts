import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Experiment } from './experiment.ts';
import { EXPERIMENTS } from './index.ts';
import type { Ledger } from './ledger.ts';
import { renderResults } from './results-doc.ts';

const HEAD = `# Results

What Decant’s defaults rest on. Each section is written by a command, which anyone can run again; its protocol was fixed before the first
run. Accuracy is of test images that no choice was made on.
`;

/** Keeps the results of an experiment beside the documents, and writes `docs/results.md` anew from all that are kept. */
export async function writeResults(root: string, name: string, experiment: Experiment, ledger: Ledger): Promise<void> {
  const folder = join(root, 'docs/results');
  await mkdir(folder, { recursive: true });
  const arms = new Set(experiment.arms.map((arm) => arm.name));
  const cells = ledger.cells.filter(({ arm }) => arms.has(arm));
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(cells, null, 1)}\n`);
  await writeFile(join(root, 'docs/results.md'), await renderDocument(root));
}

/** What `docs/results.md` has to be, given the results that are kept. */
export async function renderDocument(root: string): Promise<string> {
  const sections: string[] = [];
  for (const [name, experiment] of Object.entries(EXPERIMENTS)) {
    const text = await readFile(join(root, 'docs/results', `${name}.json`), 'utf8').catch(() => null);
    if (text !== null) sections.push(renderResults(name, experiment, JSON.parse(text))); // Written above.
  }
  return `${[HEAD, ...sections].join('\n')}${sections.length > 0 ? '\n' : ''}`;
}
