import { settings } from '../../state/settings.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';

/** Changes settings at once; what goes wrong is said. */
export async function changeSetting(change: Parameters<typeof settings.change>[0]): Promise<void> {
  try {
    await settings.change(change);
  } catch (cause) {
    toasts.fail(cause);
  }
}
