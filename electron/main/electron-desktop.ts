import {
  app,
  type BrowserWindow,
  clipboard,
  dialog,
  type MessageBoxOptions,
  type OpenDialogOptions,
  shell,
} from 'electron';
import type { Desktop } from './desktop.ts';

/** The desktop as Electron gives it; dialogs belong to the window while there is one. */
export function createDesktop(findWindow: () => BrowserWindow | null): Desktop {
  return {
    async pick({ title, kind, filters = [] }) {
      const window = findWindow();
      const options: OpenDialogOptions = {
        title,
        filters,
        properties: kind === 'folder' ? ['openDirectory', 'createDirectory'] : ['openFile'],
      };
      const picked = await (window ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options));
      return picked.canceled ? null : (picked.filePaths[0] ?? null);
    },
    async pickTarget({ title, defaultName, filters }) {
      const window = findWindow();
      const options = { title, defaultPath: defaultName, filters };
      const picked = await (window ? dialog.showSaveDialog(window, options) : dialog.showSaveDialog(options));
      return picked.canceled || picked.filePath === '' ? null : picked.filePath;
    },
    async confirm({ title, message, detail, accept }) {
      const window = findWindow();
      const options: MessageBoxOptions = {
        type: 'question',
        title,
        message,
        detail,
        buttons: [accept, 'Cancel'],
        defaultId: 1,
        cancelId: 1,
      };
      const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
      return response === 0;
    },
    async open(path) {
      const problem = await shell.openPath(path);
      if (problem !== '') throw new Error(`${path} cannot be opened: ${problem}`);
    },
    showInFolder: (path) => shell.showItemInFolder(path),
    copy: (text) => clipboard.writeText(text),
    describe: () => ({ version: app.getVersion(), electron: process.versions.electron ?? '' }),
  };
}
