import { join, resolve } from 'node:path';
import { app, type BrowserWindow, dialog, ipcMain, Menu, nativeTheme, powerMonitor, protocol, session } from 'electron';
import { CHANNELS } from '../../shared/ipc/contract.ts';
import type { AppEvent } from '../../shared/ipc/events.ts';
import { resolveHome } from '../engine/index.ts';
import { createTray, decideClosing } from './closing.ts';
import { createDesktop } from './electron-desktop.ts';
import { createSigns } from './electron-signs.ts';
import { EngineHost } from './engine/engine-host.ts';
import { startWithNode } from './engine/engine-process.ts';
import { startInUtility } from './engine/start-in-utility.ts';
import { JsonFile } from './files/json-file.ts';
import { openLog } from './files/log-file.ts';
import { appStateSchema, RecentFiles } from './files/recent-files.ts';
import { WeightsPaths } from './files/weights-paths.ts';
import { answerDrop, answerRequest, describeFailure, refuseSender } from './ipc/answer-request.ts';
import type { MainContext } from './ipc/context.ts';
import { openPath } from './ipc/open-path.ts';
import { isFromPage, lockDownSession } from './lock-down.ts';
import { buildMenu } from './menu.ts';
import { answerPage, SCHEME } from './page.ts';
import { PLACES } from './places.ts';
import { RunWatch } from './run-watch.ts';
import { SettingsStore } from './settings.ts';
import { updateQuietly } from './updates.ts';
import { createWindow, describeBounds } from './window.ts';
import { WindowEvents } from './window-events.ts';

const isDevelopment = !app.isPackaged;

/** Starts everything, with the files that were opened meanwhile; gives the function that opens further ones. */
export async function startApp(opened: readonly string[]): Promise<(path: string) => void> {
  const folder = app.getPath('userData');
  const log = openLog(join(folder, 'logs', 'main.log'));
  const warn = (message: string): void => {
    log(message);
    void dialog.showMessageBox({ type: 'warning', message });
  };
  const settings = await SettingsStore.open(folder, warn);
  const state = await JsonFile.open(join(folder, 'state.json'), appStateSchema, log);
  const home = resolveHome(process.env.DECANT_HOME || (settings.value.home ?? undefined));

  let window: BrowserWindow | null = null;
  const findWindow = () => window;
  const events = new WindowEvents();
  const signs = createSigns(findWindow, (run) => {
    showWindow();
    events.emit({ type: 'run.opened', run });
  });
  const runs = new RunWatch(signs, () => settings.value);
  const tell = (event: AppEvent): void => {
    runs.watch(event);
    events.emit(event);
  };

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
    onEvent: tell,
    log,
  });

  const recent = new RecentFiles(state, (added) => {
    if (added === null) app.clearRecentDocuments();
    else app.addRecentDocument(added);
    showMenu();
  });
  const desktop = createDesktop(findWindow);
  const context: MainContext = { desktop, host, settings, weights: new WeightsPaths(), recent, home };

  function showMenu(): void {
    const actions = {
      choose(command: Extract<AppEvent, { type: 'menu.chosen' }>['command']) {
        showWindow();
        events.emit({ type: 'menu.chosen', command });
      },
      open: openFile,
      clearRecent: () => void recent.clear(),
    };
    Menu.setApplicationMenu(buildMenu(recent.paths, actions, isDevelopment));
  }

  /** Opens a file from outside the window. */
  function openFile(path: string): void {
    showWindow();
    openPath(resolve(path), crypto.randomUUID(), context).then(
      (file) => events.emit({ type: 'file.opened', opened: file }),
      (error) => dialog.showErrorBox('This cannot be opened', describeFailure(error).message),
    );
  }

  let tray: ReturnType<typeof createTray> = null;
  let isQuitting = false;

  function showWindow(): void {
    tray?.destroy();
    tray = null;
    if (window) {
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    } else window = openWindow();
  }

  function openWindow(): BrowserWindow {
    const { preload, icon } = PLACES;
    const made = createWindow({ preload, icon, bounds: state.value.window, development: isDevelopment });
    made.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) events.close();
    });
    made.webContents.on('render-process-gone', (_, { reason }) => {
      log(`window: its process ended (${reason})`);
      if (reason !== 'clean-exit') made.reload();
    });
    made.on('close', (event) => {
      void rememberWindow();
      if (isQuitting || host.status.activeRun === null) return;
      event.preventDefault();
      void decideClosing(made, settings).then((decision) => {
        if (decision === 'quit') app.quit();
        if (decision !== 'hide') return;
        made.hide();
        tray ??= createTray(PLACES.icon, showWindow);
      });
    });
    made.on('closed', () => {
      window = null;
      events.close();
    });
    return made;
  }

  async function rememberWindow(): Promise<void> {
    await state.change(window ? { window: describeBounds(window) } : {}).catch((error) => log(`window: ${error}`));
  }

  nativeTheme.themeSource = settings.value.theme;
  settings.onChange((now, before) => {
    nativeTheme.themeSource = now.theme;
    events.emit({ type: 'settings.changed', settings: now });
    const { backend, threads, cacheLimitBytes } = now;
    if (backend !== before.backend || threads !== before.threads || cacheLimitBytes !== before.cacheLimitBytes)
      void host.ask('engine.configure', { backend, threads, cacheLimitBytes });
  });

  lockDownSession(session.defaultSession);
  protocol.handle(SCHEME, (request) =>
    answerPage(request, {
      folder: PLACES.renderer,
      askThumbnail: (params) => host.ask('images.thumbnail', params),
    }),
  );
  ipcMain.handle(CHANNELS.request, (event, name: unknown, params: unknown) => {
    const { sender } = event;
    if (!isFromPage(event, window?.webContents ?? null)) return refuseSender();
    events.open((told) => {
      if (!sender.isDestroyed()) sender.send(CHANNELS.event, told);
    });
    return answerRequest(name, params, context);
  });
  ipcMain.handle(CHANNELS.drop, (event, path: unknown, work: unknown) =>
    isFromPage(event, window?.webContents ?? null) ? answerDrop(path, work, context) : refuseSender(),
  );

  app.on('second-instance', (_, argv, cwd) => {
    showWindow();
    for (const path of listFiles(argv)) openFile(resolve(cwd, path));
  });
  app.on('activate', showWindow);
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('before-quit', (event) => {
    if (isQuitting) return;
    event.preventDefault();
    isQuitting = true;
    void Promise.allSettled([rememberWindow(), host.shutDown()]).then(() => app.quit());
  });
  powerMonitor.on('resume', () => void host.refreshStatus());

  showMenu();
  showWindow();
  host.start();
  for (const path of [...opened, ...listFiles(process.argv)]) openFile(path);
  void updateQuietly(log);
  return openFile;
}

/** Files on a command line: those with the app's extension, whatever else a system or Electron puts there. */
function listFiles(argv: readonly string[]): string[] {
  return argv.slice(1).filter((argument) => !argument.startsWith('-') && /[.]decant$/i.test(argument));
}
