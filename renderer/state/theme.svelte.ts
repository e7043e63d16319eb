import type { Settings } from '../../shared/ipc/topics/app.ts';

const system = matchMedia('(prefers-color-scheme: dark)');

/** The chosen theme and what it resolves to. Charts use `resolved`; everything else follows the CSS tokens. */
class Theme {
  #systemIsDark = $state(system.matches);
  #chosen = $state<Settings['theme']>('system');
  readonly resolved = $derived<'light' | 'dark'>(
    this.#chosen === 'system' ? (this.#systemIsDark ? 'dark' : 'light') : this.#chosen,
  );

  constructor() {
    system.addEventListener('change', (event) => {
      this.#systemIsDark = event.matches;
    });
  }

  choose(theme: Settings['theme']): void {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    this.#chosen = theme;
  }
}

export const theme = new Theme();
