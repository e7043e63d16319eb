import { ask } from '../bridge.ts';
import { toasts } from './toasts.svelte.ts';

/** Asks where to save a finished run's report and says how it went. */
export async function saveReport(run: string, kind: 'html' | 'json'): Promise<void> {
  try {
    const { saved } = await ask('exports.saveReport', { run, kind });
    if (saved) toasts.say('The report is saved.', { tone: 'success' });
  } catch (cause) {
    toasts.fail(cause);
  }
}
