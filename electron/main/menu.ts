import { basename } from 'node:path';
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { AppEvent } from '../../shared/ipc/events.ts';

export type MenuCommand = Extract<AppEvent, { type: 'menu.chosen' }>['command'];

export interface MenuActions {
  choose(command: MenuCommand): void;
  open(path: string): void;
  clearRecent(): void;
}

const isMac = process.platform === 'darwin';

/** Builds the native menu; places have the numbers that they have on the window's rail. */
export function buildMenu(recent: readonly string[], actions: MenuActions, development: boolean): Menu {
  const item = (label: string, command: MenuCommand, accelerator?: string): MenuItemConstructorOptions => ({
    id: command,
    label,
    ...(accelerator !== undefined && { accelerator }),
    click: () => actions.choose(command),
  });
  const line: MenuItemConstructorOptions = { type: 'separator' };
  const settings = item('Settings…', 'settings', 'CmdOrCtrl+,');

  const application: MenuItemConstructorOptions = {
    label: app.name,
    submenu: [
      { role: 'about' },
      line,
      settings,
      line,
      { role: 'services' },
      line,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      line,
      { role: 'quit' },
    ],
  };
  const file: MenuItemConstructorOptions = {
    label: '&File',
    submenu: [
      item('New Run', 'new-run', 'CmdOrCtrl+N'),
      line,
      item('Open Dataset…', 'open-dataset', 'CmdOrCtrl+O'),
      item('Open Recipe…', 'open-recipe', 'CmdOrCtrl+Shift+O'),
      { label: 'Open Recent', submenu: listRecent(recent, actions) },
      ...(isMac ? [line, { role: 'close' } as const] : [line, settings, line, { role: 'quit' } as const]),
    ],
  };
  const edit: MenuItemConstructorOptions = {
    label: '&Edit',
    submenu: [
      { role: 'undo' },
      { role: 'redo' },
      line,
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      { role: 'selectAll' },
      line,
      item('Find…', 'find', 'CmdOrCtrl+K'),
    ],
  };
  const view: MenuItemConstructorOptions = {
    label: '&View',
    submenu: [
      item('Datasets', 'datasets', 'CmdOrCtrl+1'),
      item('Runs', 'runs', 'CmdOrCtrl+3'),
      item('Compare', 'compare', 'CmdOrCtrl+4'),
      item('Try', 'try', 'CmdOrCtrl+5'),
      item('Export', 'export', 'CmdOrCtrl+6'),
      line,
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      line,
      { role: 'togglefullscreen' },
      ...(development ? [line, { role: 'toggleDevTools' } as const] : []),
    ],
  };
  const help: MenuItemConstructorOptions = {
    role: 'help',
    submenu: [
      item('Keyboard Shortcuts', 'shortcuts', 'CmdOrCtrl+/'),
      ...(isMac ? [] : [{ label: 'About Decant', click: () => app.showAboutPanel() }]),
    ],
  };
  return Menu.buildFromTemplate([...(isMac ? [application] : []), file, edit, view, { role: 'windowMenu' }, help]);
}

function listRecent(paths: readonly string[], actions: MenuActions): MenuItemConstructorOptions[] {
  if (paths.length === 0) return [{ label: 'Nothing opened yet', enabled: false }];
  return [
    ...paths.map((path) => ({ label: basename(path), toolTip: path, click: () => actions.open(path) })),
    { type: 'separator' },
    { label: 'Clear', click: () => actions.clearRecent() },
  ];
}
