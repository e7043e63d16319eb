import { type Settings, settingsSchema } from '../../shared/ipc/topics/app.ts';
import { ask, on } from '../bridge.ts';
import { theme } from './theme.svelte.ts';

class SettingsState {
  /** The defaults until they have been read. */
  current = $state.raw<Settings>(settingsSchema.parse({}));

  async start(): Promise<void> {
    on('settings.changed', ({ settings }) => this.take(settings));
    this.take(await ask('settings.read', {}));
  }

  async change(change: Partial<Omit<Settings, 'engineNode' | 'home'>>): Promise<void> {
    this.take(await ask('settings.change', change));
  }

  /** Takes settings that came as an answer to something else, as those of `settings.pickHome`. */
  take(settings: Settings): void {
    this.current = settings;
    theme.choose(settings.theme);
  }
}

export const settings = new SettingsState();
