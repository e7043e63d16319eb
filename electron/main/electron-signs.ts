import { type BrowserWindow, Notification, powerSaveBlocker } from 'electron';
import type { Signs } from './run-watch.ts';

/** Signs of runs, as Electron gives them. */
export function createSigns(findWindow: () => BrowserWindow | null, openRun: (run: string) => void): Signs {
  /** Until they are closed: one that is collected cannot be clicked. */
  const shown = new Set<Notification>();
  let blocker: number | null = null;
  return {
    showProgress(progress) {
      // Beyond 1 means that it is not known, below 0 that there is none.
      findWindow()?.setProgressBar(progress === null ? -1 : progress === 'unknown' ? 2 : progress);
    },
    keepAwake(on) {
      if (blocker !== null) powerSaveBlocker.stop(blocker);
      blocker = on ? powerSaveBlocker.start('prevent-app-suspension') : null;
    },
    notify(title, body, run) {
      if (!Notification.isSupported()) return;
      const notification = new Notification({ title, body });
      shown.add(notification);
      notification.once('click', () => openRun(run));
      notification.once('close', () => shown.delete(notification));
      notification.show();
    },
  };
}
