import { app, type BrowserWindow, dialog, Menu, Tray } from 'electron';
import type { SettingsStore } from './settings.ts';

/** Decides what closing the window does while a run is active: ask, continue in the tray, or quit. */
export async function decideClosing(window: BrowserWindow, settings: SettingsStore): Promise<'hide' | 'quit' | 'stay'> {
  const { whenClosed } = settings.value;
  if (whenClosed !== 'ask') return whenClosed === 'quit' ? 'quit' : 'hide';
  const { response, checkboxChecked } = await dialog.showMessageBox(window, {
    type: 'question',
    message: 'A run is active.',
    detail: 'It can continue without the window. If you quit, it stops with a checkpoint and can be resumed.',
    buttons: ['Keep running', 'Stop and quit', 'Cancel'],
    defaultId: 0,
    cancelId: 2,
    checkboxLabel: 'Always do this',
  });
  if (response === 2) return 'stay';
  const chosen = response === 1 ? 'quit' : 'keep-running';
  if (checkboxChecked) await settings.change({ whenClosed: chosen });
  return chosen === 'quit' ? 'quit' : 'hide';
}

/** The sign of an app whose window is closed. Where there are no trays, starting the app once more shows the window. */
export function createTray(icon: string, show: () => void): Tray | null {
  if (process.platform === 'darwin') return null; // The Dock shows it.
  try {
    const tray = new Tray(icon);
    tray.setToolTip('Decant: a run is active');
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: 'Show Decant', click: show },
        { type: 'separator' },
        { label: 'Stop and quit', click: () => app.quit() },
      ]),
    );
    tray.on('click', show);
    return tray;
  } catch {
    return null;
  }
}
