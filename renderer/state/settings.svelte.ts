import { type Settings, settingsSchema } from '../../shared/ipc/topics/app.ts';
import { ask, on } from '../bridge.ts';
import { theme } from './theme.svelte.ts';

class SettingsState {
  /** The defaults until the stored settings have loaded. */
  current = $state.raw<Settings>(settingsSchema.parse({}));

  /** The folder that was set when the app started; undefined until it is known. */
  #homeAtStart = $state<string | null>();
  /** Whether another folder was chosen, which applies at the next start. */
  readonly homeIsPending = $derived(this.#homeAtStart !== undefined && this.current.home !== this.#homeAtStart);

  async start(): Promise<void> {
    on('settings.changed', ({ settings }) => this.take(settings));
    const settings = await ask('settings.read', {});
    this.#homeAtStart = settings.home;
    this.take(settings);
  }

  async change(change: Partial<Omit<Settings, 'engineNode' | 'home'>>): Promise<void> {
    this.take(await ask('settings.change', change));
  }

  /** Stores settings from the answer to another request, such as `settings.pickHome`. */
  take(settings: Settings): void {
    this.current = settings;
    theme.choose(settings.theme);
  }
}

export const settings = new SettingsState();
