import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { app } from 'electron';
import type { Log } from './files/log-file.ts';

/**
 * Looks for a newer version, and installs it when the app quits. Only a packaged app that says where to look does, and on
 * Windows one that says who signs it. Whatever goes wrong goes to the log alone.
 */
export async function updateQuietly(log: Log): Promise<void> {
  if (!app.isPackaged) return;
  try {
    const configuration = await readFile(join(process.resourcesPath, 'app-update.yml'), 'utf8').catch(() => '');
    // `.invalid` is what the configuration in the repository says: nobody publishes there.
    if (!/^url: /m.test(configuration) || /^url: .*[.]invalid\b/m.test(configuration)) return;
    if (process.platform === 'win32' && !/^publisherName:/m.test(configuration)) return;
    const { autoUpdater } = (await import('electron-updater')).default;
    autoUpdater.logger = { info: log, warn: log, error: log };
    await autoUpdater.checkForUpdatesAndNotify();
  } catch (error) {
    log(`updates: ${error}`);
  }
}
