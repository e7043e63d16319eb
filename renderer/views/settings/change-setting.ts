import { settings } from '../../state/settings.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';

/** Changes settings and shows a failure as a toast. */
export async function changeSetting(change: Parameters<typeof settings.change>[0]): Promise<void> {
  try {
    await settings.change(change);
  } catch (cause) {
    toasts.fail(cause);
  }
}
