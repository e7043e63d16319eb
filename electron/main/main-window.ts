import { app, type BrowserWindow, type Tray } from 'electron';
import type { AppState } from '../../shared/stored/app-forms.ts';
import { createTray, decideClosing } from './closing.ts';
import type { JsonFile } from './files/json-file.ts';
import type { Log } from './files/log-file.ts';
import { resolveLanguage } from './language.ts';
import { pageIn } from './page.ts';
import { PLACES } from './places.ts';
import type { SettingsStore } from './settings.ts';
import { createWindow, describeBounds } from './window.ts';
import type { WindowEvents } from './window-events.ts';

export interface MainWindowOptions {
  readonly events: WindowEvents;
  readonly settings: SettingsStore;
  readonly state: JsonFile<AppState>;
  /** Whether closing the window would stop something. */
  isAtWork(): boolean;
  readonly log: Log;
}

/** A page whose process ended is loaded again after so long: one that always ends must not keep the computer busy. */
const RELOAD_MS = 1000;

/** The app's only window: opened, hidden while a run goes on without it, shown again; where it was is remembered. */
export class MainWindow {
  readonly #options: MainWindowOptions;
  #window: BrowserWindow | null = null;
  #tray: Tray | null = null;
  #mayClose = false;

  constructor(options: MainWindowOptions) {
    this.#options = options;
  }

  /** Null while there is none. */
  get browserWindow(): BrowserWindow | null {
    return this.#window;
  }

  show(): void {
    this.#tray?.destroy();
    this.#tray = null;
    if (this.#window) {
      if (this.#window.isMinimized()) this.#window.restore();
      this.#window.show();
      this.#window.focus();
    } else this.#window = this.#open();
  }

  /** From now on it closes without asking: the app quits. */
  letClose(): void {
    this.#mayClose = true;
  }

  /** Resolves when it is on disk where the window is. */
  async remember(): Promise<void> {
    const { state, log } = this.#options;
    const changes = this.#window ? { window: describeBounds(this.#window) } : {};
    await state.change(changes).catch((error) => log(`window: ${error}`));
  }

  /** Opens the page anew, in the language that was chosen since. */
  reopenPage(): void {
    void this.#window?.loadURL(this.#page());
  }

  #page(): string {
    return pageIn(resolveLanguage(this.#options.settings.value));
  }

  #open(): BrowserWindow {
    const { events, state, log } = this.#options;
    const { preload, icon } = PLACES;
    const window = createWindow({
      preload,
      icon,
      bounds: state.value.window,
      page: () => this.#page(),
      development: !app.isPackaged,
    });
    window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) events.close();
    });
    window.webContents.on('render-process-gone', (_, { reason }) => {
      log(`window: its process ended (${reason})`);
      setTimeout(() => {
        if (!window.isDestroyed()) window.reload();
      }, RELOAD_MS);
    });
    window.on('close', (event) => {
      void this.remember();
      if (this.#mayClose || !this.#options.isAtWork()) return;
      event.preventDefault();
      void this.#decide(window);
    });
    window.on('closed', () => {
      this.#window = null;
      events.close();
    });
    return window;
  }

  async #decide(window: BrowserWindow): Promise<void> {
    const decision = await decideClosing(window, this.#options.settings);
    if (decision === 'quit') app.quit();
    if (decision !== 'hide') return;
    window.hide();
    this.#tray ??= createTray(PLACES.icon, () => this.show());
  }
}
