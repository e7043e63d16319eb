import { ipcMain } from 'electron';
import { CHANNELS } from '../../../shared/ipc/contract.ts';
import { isFromPage } from '../lock-down.ts';
import type { MainWindow } from '../main-window.ts';
import type { WindowEvents } from '../window-events.ts';
import { answerDrop, answerRequest, refuseSender } from './answer-request.ts';
import type { MainContext } from './context.ts';

/** Answers what the page asks, once it is sure that it was the page; a page that asks also gets events. */
export function listenToPage(window: MainWindow, events: WindowEvents, context: MainContext): void {
  const isOurs = (event: Electron.IpcMainInvokeEvent): boolean =>
    isFromPage(event, window.browserWindow?.webContents ?? null);

  ipcMain.handle(CHANNELS.request, (event, name: unknown, params: unknown) => {
    if (!isOurs(event)) return refuseSender();
    const { sender } = event;
    events.open((told) => {
      if (!sender.isDestroyed()) sender.send(CHANNELS.event, told);
    });
    return answerRequest(name, params, context);
  });
  ipcMain.handle(CHANNELS.drop, (event, paths: unknown, work: unknown) =>
    isOurs(event) ? answerDrop(paths, work, context) : refuseSender(),
  );
}
