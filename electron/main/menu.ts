import { basename } from 'node:path';
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import { MENU_SHORTCUTS, type MenuCommand } from '../../shared/ipc/menu-shortcuts.ts';
import { word } from '../../shared/text/language.ts';

export interface MenuActions {
  choose(command: MenuCommand): void;
  open(path: string): void;
  clearRecent(): void;
}

const isMac = process.platform === 'darwin';

/** Builds the native menu; places have the numbers that they have on the window's rail. */
export function buildMenu(recent: readonly string[], actions: MenuActions, development: boolean): Menu {
  const item = (label: string, command: MenuCommand): MenuItemConstructorOptions => ({
    id: command,
    label,
    accelerator: MENU_SHORTCUTS[command].replace('Mod', 'CmdOrCtrl'),
    click: () => actions.choose(command),
  });
  const line: MenuItemConstructorOptions = { type: 'separator' };
  const settings = item('Settings…', 'settings');

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
    label: word('&File'),
    submenu: [
      item('New Run', 'new-run'),
      line,
      item('Open Dataset…', 'open-dataset'),
      item('Open Recipe…', 'open-recipe'),
      { label: 'Open Recent', submenu: listRecent(recent, actions) },
      ...(isMac
        ? [line, { role: 'close' } as const]
        : [line, settings, line, { role: 'quit', label: 'Quit' } as const]),
    ],
  };
  const edit: MenuItemConstructorOptions = {
    label: word('&Edit'),
    submenu: [
      { role: 'undo', label: 'Undo' },
      { role: 'redo', label: 'Redo' },
      line,
      { role: 'cut', label: 'Cut' },
      { role: 'copy', label: 'Copy' },
      { role: 'paste', label: 'Paste' },
      { role: 'selectAll', label: 'Select All' },
      line,
      item('Find…', 'find'),
    ],
  };
  const view: MenuItemConstructorOptions = {
    label: word('&View'),
    submenu: [
      item('Datasets', 'datasets'),
      item('Runs', 'runs'),
      item('Compare', 'compare'),
      item('Try', 'try'),
      item('Export', 'export'),
      line,
      { role: 'resetZoom', label: 'Actual Size' },
      { role: 'zoomIn', label: 'Zoom In' },
      { role: 'zoomOut', label: 'Zoom Out' },
      line,
      { role: 'togglefullscreen', label: 'Toggle Full Screen' },
      ...(development ? [line, { role: 'toggleDevTools' } as const] : []),
    ],
  };
  const help: MenuItemConstructorOptions = {
    role: 'help',
    label: word('&Help'),
    submenu: [
      item('Keyboard Shortcuts', 'shortcuts'),
      ...(isMac ? [] : [{ label: 'About Decant', click: () => app.showAboutPanel() }]),
    ],
  };
  return Menu.buildFromTemplate([
    ...(isMac ? [application] : []),
    file,
    edit,
    view,
    { role: 'windowMenu', label: word('&Window') },
    help,
  ]);
}

function listRecent(paths: readonly string[], actions: MenuActions): MenuItemConstructorOptions[] {
  if (paths.length === 0) return [{ label: 'Nothing opened yet', enabled: false }];
  return [
    ...paths.map((path) => ({ label: basename(path), toolTip: path, click: () => actions.open(path) })),
    { type: 'separator' },
    { label: 'Clear', click: () => actions.clearRecent() },
  ];
}
