import { formatPlural } from '../../shared/text/format.ts';
import { ask, RequestFailure } from '../bridge.ts';
import { toasts } from './toasts.svelte.ts';
import { work } from './work.svelte.ts';

/** Lets the user choose a folder, writes the students of finished runs there in all formats, and says what came of it. */
export async function exportRuns(runs: readonly string[]): Promise<void> {
  try {
    const title = `Exporting ${formatPlural(runs.length, 'run')} in all formats`;
    const answers = await work.run(title, (id) => ask('exports.saveAll', { runs: [...runs], work: id }));
    if (!answers) return;
    const files = answers.flatMap(({ all }) => all?.files ?? []);
    const written = files.filter(({ result }) => result).length;
    const reasons = answers.flatMap(({ all, failure }) => [
      ...(failure ? [failure.message] : []),
      ...(all?.files.flatMap((file) => file.failure?.message ?? []) ?? []),
    ]);
    if (files.length === 0)
      throw new RequestFailure({ code: 'output.unwritable', message: reasons[0] ?? 'Nothing was exported.' });
    const shown = answers.find(({ all }) => all)?.run ?? '';
    const missing =
      reasons.length === 0
        ? ''
        : ` ${reasons[0]}${reasons.length > 1 ? ` ${formatPlural(reasons.length - 1, 'more file')} could not be written either.` : ''}`;
    toasts.say(`${written} of ${formatPlural(files.length, 'file')} written.${missing}`, {
      tone: reasons.length === 0 ? 'success' : 'neutral',
      action: { label: 'Open folder', run: () => openFolder(shown) },
    });
  } catch (cause) {
    toasts.fail(cause);
  }
}

async function openFolder(run: string): Promise<void> {
  try {
    await ask('exports.openFolder', { run });
  } catch (cause) {
    toasts.fail(cause);
  }
}
