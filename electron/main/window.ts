import { BrowserWindow, nativeTheme, type Rectangle, screen } from 'electron';
import type { AppState } from '../../shared/stored/app-forms.ts';
import { isOwn } from './page.ts';

const SMALLEST = { minWidth: 1024, minHeight: 640 };
const USUAL = { width: 1360, height: 860 };
/** That of the page, so that nothing flashes before it is drawn. */
const BACKGROUND = { light: '#f4f5f6', dark: '#121417' };

export interface WindowOptions {
  readonly preload: string;
  readonly icon: string;
  readonly bounds: AppState['window'];
  /** Address of the page, in the language of now. */
  page(): string;
  /** Developer tools. */
  readonly development: boolean;
}

/** Makes the window; it is shown once the page has been drawn. */
export function createWindow({ preload, icon, bounds, page, development }: WindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    ...USUAL,
    ...SMALLEST,
    ...(bounds !== null && isVisible(bounds) && pickRectangle(bounds)),
    title: 'Decant',
    icon,
    show: false,
    backgroundColor: chooseBackground(),
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: development,
    },
  });
  if (bounds?.maximized) window.maximize();
  const followTheme = (): void => window.setBackgroundColor(chooseBackground());
  nativeTheme.on('updated', followTheme);
  window.once('closed', () => nativeTheme.off('updated', followTheme));
  window.once('ready-to-show', () => window.show());
  // To an empty page a page gets without asking; it must not stay there.
  window.webContents.on('did-navigate', (_, url) => {
    if (!isOwn(url)) void window.loadURL(page());
  });
  void window.loadURL(page());
  return window;
}

/** Where the window is, to be remembered. */
export function describeBounds(window: BrowserWindow): NonNullable<AppState['window']> {
  return { ...window.getNormalBounds(), maximized: window.isMaximized() };
}

function chooseBackground(): string {
  return nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light;
}

/** Whether enough of a window would be on a display to be grabbed: displays come and go. */
function isVisible(bounds: Rectangle): boolean {
  const { workArea } = screen.getDisplayMatching(bounds);
  const width = Math.min(bounds.x + bounds.width, workArea.x + workArea.width) - Math.max(bounds.x, workArea.x);
  return width >= 200 && bounds.y >= workArea.y - 10 && bounds.y < workArea.y + workArea.height - 50;
}

function pickRectangle({ x, y, width, height }: Rectangle): Rectangle {
  return { x, y, width, height };
}
