import { join, resolve } from 'node:path';
import { app, dialog, Menu, nativeTheme, powerMonitor, protocol, session } from 'electron';
import type { AppEvent } from '../../shared/ipc/events.ts';
import { APP_STATE_FORM } from '../../shared/stored/app-forms.ts';
import { resolveHome } from '../engine/index.ts';
import { createDesktop } from './electron-desktop.ts';
import { createSigns } from './electron-signs.ts';
import { EngineHost } from './engine/engine-host.ts';
import { startWithNode } from './engine/engine-process.ts';
import { startInUtility } from './engine/start-in-utility.ts';
import { JsonFile } from './files/json-file.ts';
import { listOpened } from './files/list-opened.ts';
import { openLog } from './files/log-file.ts';
import { RecentFiles } from './files/recent-files.ts';
import { SavedPaths } from './files/saved-paths.ts';
import { WeightsPaths } from './files/weights-paths.ts';
import { describeFailure } from './ipc/answer-request.ts';
import type { MainContext } from './ipc/context.ts';
import { listenToPage } from './ipc/listen-to-page.ts';
import { openPath } from './ipc/open-path.ts';
import { speakLanguage } from './language.ts';
import { lockDownSession } from './lock-down.ts';
import { MainWindow } from './main-window.ts';
import { buildMenu, type MenuActions } from './menu.ts';
import { answerPage, SCHEME } from './page.ts';
import { PLACES } from './places.ts';
import { RunWatch } from './run-watch.ts';
import { SettingsStore } from './settings.ts';
import { updateQuietly } from './updates.ts';
import { WindowEvents } from './window-events.ts';

/** Starts everything, with the files that were opened meanwhile; gives the function that opens further ones. */
export async function startApp(opened: readonly string[]): Promise<(path: string) => void> {
  const folder = app.getPath('userData');
  const log = openLog(join(folder, 'logs', 'main.log'));
  const warn = (message: string): void => {
    log(message);
    void dialog.showMessageBox({ type: 'warning', message });
  };
  const settings = await SettingsStore.open(folder, warn);
  const state = await JsonFile.open(join(folder, 'state.json'), APP_STATE_FORM, log);
  const home = resolveHome(process.env.DECANT_HOME || (settings.value.home ?? undefined));

  // What is told goes to the page, and to the desktop where the page may not be looked at.
  const events = new WindowEvents();
  const host = new EngineHost({
    start(listener) {
      const node = process.env.DECANT_ENGINE_NODE || settings.value.engineNode;
      const entry = { entry: PLACES.engine, args: ['--home', home] };
      return (node ? startWithNode({ node, ...entry }) : startInUtility(entry))(listener);
    },
    configuration() {
      const { backend, threads, cacheLimitBytes } = settings.value;
      return { backend, threads, cacheLimitBytes };
    },
    onEvent: (event) => {
      runs.watch(event);
      events.emit(event);
    },
    log,
  });
  const window = new MainWindow({ events, settings, state, log, isAtWork: () => host.status.activeRun !== null });
  const tellInFront = (event: AppEvent): void => {
    window.show();
    events.emit(event);
  };
  const findWindow = () => window.browserWindow;
  const runs = new RunWatch(
    createSigns(findWindow, (run) => tellInFront({ type: 'run.opened', run })),
    () => settings.value,
  );

  const recent = new RecentFiles(state, (added) => {
    if (added === null) app.clearRecentDocuments();
    else app.addRecentDocument(added);
    showMenu();
  });
  const desktop = createDesktop(findWindow);
  const context: MainContext = {
    desktop,
    host,
    settings,
    weights: new WeightsPaths(),
    recent,
    saved: new SavedPaths(),
    home,
  };

  const openFile = (path: string): void => {
    window.show();
    openPath(resolve(path), crypto.randomUUID(), context).then(
      (file) => events.emit({ type: 'file.opened', opened: file }),
      (error) => dialog.showErrorBox('This cannot be opened', describeFailure(error).message),
    );
  };
  const actions: MenuActions = {
    choose: (command) => tellInFront({ type: 'menu.chosen', command }),
    open: openFile,
    clearRecent: () => void recent.clear(),
  };
  const showMenu = (): void => Menu.setApplicationMenu(buildMenu(recent.paths, actions, !app.isPackaged));

  settings.onChange((now, before) => {
    nativeTheme.themeSource = now.theme;
    if (now.language !== before.language) {
      speakLanguage(now);
      showMenu();
      window.reopenPage();
    }
    events.emit({ type: 'settings.changed', settings: now });
    const { backend, threads, cacheLimitBytes } = now;
    if (backend !== before.backend || threads !== before.threads || cacheLimitBytes !== before.cacheLimitBytes)
      void host.ask('engine.configure', { backend, threads, cacheLimitBytes });
  });

  app.on('second-instance', (_, argv, cwd) => {
    window.show();
    for (const path of listOpened(argv, cwd)) openFile(path);
  });
  app.on('activate', () => window.show());
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  let isQuitting = false;
  app.on('before-quit', (event) => {
    if (isQuitting) return;
    // Not before the engine has written what it was at.
    event.preventDefault();
    isQuitting = true;
    window.letClose();
    void Promise.allSettled([window.remember(), host.shutDown()]).then(() => app.quit());
  });
  powerMonitor.on('resume', () => void host.refreshStatus());

  nativeTheme.themeSource = settings.value.theme;
  speakLanguage(settings.value);
  lockDownSession(session.defaultSession);
  protocol.handle(SCHEME, (request) =>
    answerPage(request, {
      folder: PLACES.renderer,
      askThumbnail: (params) => host.ask('images.thumbnail', params),
    }),
  );
  listenToPage(window, events, context);
  showMenu();
  window.show();
  host.start();
  for (const path of [...opened, ...listOpened(process.argv, process.cwd())]) openFile(path);
  void updateQuietly(log);
  return openFile;
}
