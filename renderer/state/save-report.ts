import { ask } from '../bridge.ts';
import { toasts } from './toasts.svelte.ts';

/** Lets the user choose where to save a finished run's report, and shows whether it worked. */
export async function saveReport(run: string, kind: 'html' | 'json'): Promise<void> {
  try {
    const { saved } = await ask('exports.saveReport', { run, kind });
    if (!saved) return;
    toasts.say('Report saved.', { tone: 'success', action: { label: 'Open', run: () => openReport(run, kind) } });
  } catch (cause) {
    toasts.fail(cause);
  }
}

async function openReport(run: string, kind: 'html' | 'json'): Promise<void> {
  try {
    await ask('exports.openReport', { run, kind });
  } catch (cause) {
    toasts.fail(cause);
  }
}
