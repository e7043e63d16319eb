/** The main process: what must happen before Electron is ready, then the app. */
import { app, protocol } from 'electron';
import { lockDownContents } from './lock-down.ts';
import { SCHEME } from './page.ts';
import { startApp } from './start-app.ts';

protocol.registerSchemesAsPrivileged([
  {
    scheme: SCHEME,
    privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
  },
]);
lockDownContents();

/** Files that were opened before the app was ready. macOS tells them as events, the others on the command line. */
const waiting: string[] = [];
let openFile = (path: string): void => void waiting.push(path);
app.on('open-file', (event, path) => {
  event.preventDefault();
  openFile(path);
});

// Not awaited: Electron is ready only when this module has been evaluated.
if (app.requestSingleInstanceLock()) void app.whenReady().then(start);
else app.quit();

async function start(): Promise<void> {
  openFile = await startApp(waiting);
}
