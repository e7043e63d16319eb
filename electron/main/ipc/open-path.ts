import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import type { Dropped } from '../../../shared/ipc/topics/app.ts';
import { listSome } from '../../../shared/text/shorten.ts';
import { DecantError } from '../../engine/index.ts';
import { readRecipe } from '../files/read-recipe.ts';
import type { MainContext } from './context.ts';
import { expectAnswer } from './expect-answer.ts';

/**
 * Opens what the user dropped together: one thing, or all class folders of a dataset. Throws as `openPath`.
 *
 * @param paths at least one
 */
export async function openPaths(paths: readonly string[], work: string, context: MainContext): Promise<Dropped> {
  const [first = '', ...others] = paths;
  return openPath(others.length === 0 ? first : await findDatasetAround(paths), work, context);
}

/** The folder that holds these class folders, and no others. */
async function findDatasetAround(paths: readonly string[]): Promise<string> {
  const folder = dirname(paths[0]!); // There is at least one.
  const wrong = (message: string) => new DecantError('dataset.layout', message, { path: folder });
  for (const path of paths)
    if (dirname(path) !== folder || !(await stat(path).catch(() => null))?.isDirectory())
      throw wrong(
        `${path} is not a class folder beside the others; drop a single folder, .zip or recipe, or all class folders of one dataset together.`,
      );
  const dropped = new Set(paths.map((path) => basename(path)));
  const entries = await readdir(folder, { withFileTypes: true });
  const others = entries.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !dropped.has(entry.name),
  );
  if (others.length > 0)
    throw wrong(
      `${folder} holds other folders besides those dropped (${listSome(others.map(({ name }) => name))}), which would be classes, too; move the class folders into a folder of their own, then drop that.`,
    );
  return folder;
}

/**
 * Opens what the user dropped, or opened from outside: a folder or .zip as a dataset, a .decant or .json file as a recipe.
 *
 * @throws DecantError in one sentence what can be opened
 */
export async function openPath(path: string, work: string, context: MainContext): Promise<Dropped> {
  const { host, weights, recent } = context;
  const kind = await stat(path).catch(() => {
    throw new DecantError('dataset.missing', `${path} does not exist or cannot be read; open another one.`, { path });
  });
  const extension = extname(path).toLowerCase();
  let opened: Dropped;
  if (kind.isDirectory() || extension === '.zip')
    opened = { kind: 'dataset', dataset: await expectAnswer(host.ask('datasets.add', { path, work })) };
  else if (extension === '.decant' || extension === '.json') {
    opened = { kind: 'recipe', ...(await readRecipe(path, context)) };
    weights.addOf(opened.recipe);
  } else
    throw new DecantError(
      'dataset.layout',
      `${path} is neither a dataset nor a recipe; drop a folder or a .zip with one folder of images for each class, or a .decant file.`,
      { path },
    );
  await recent.add(path);
  return opened;
}
