import { app, type Session, systemPreferences, type WebContents } from 'electron';
import { isOwn } from './page.ts';

/** What a page may ask for: the addresses that Decant itself makes, and those inside a page. */
const LOCAL = /^(app:\/\/decant\/|blob:app:\/\/decant\/|data:)/;
/** Putting text and pictures into the clipboard after a click; Chromium encodes pictures anew. Reading it is another permission. */
const COPYING = 'clipboard-sanitized-write';
const DEVELOPER_TOOLS = /^devtools:\/\//;

/** Nothing but the app's own page may ever be shown: no navigation, no new window, no other page in a frame. */
export function lockDownContents(): void {
  app.on('web-contents-created', (_, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/** No network, no downloads, no devices, and no permission except to look through the camera and to copy a picture. */
export function lockDownSession(session: Session): void {
  session.webRequest.onBeforeRequest((details, decide) => {
    const isLocal = LOCAL.test(details.url) || (!app.isPackaged && DEVELOPER_TOOLS.test(details.url));
    decide({ cancel: !isLocal });
  });
  session.on('will-download', (event) => event.preventDefault());
  session.setSpellCheckerEnabled(false);
  session.setDevicePermissionHandler(() => false);
  session.setPermissionCheckHandler(
    (_, permission, origin, { mediaType }) =>
      isOwn(origin) && (permission === COPYING || (permission === 'media' && mediaType === 'video')),
  );
  session.setPermissionRequestHandler((contents, permission, decide, details) => {
    const media = 'mediaTypes' in details ? details.mediaTypes : undefined;
    const isShown = details.isMainFrame && isOwn(details.requestingUrl) && isOwn(contents.getURL());
    const isCamera = permission === 'media' && media?.length === 1 && media[0] === 'video';
    if (isShown && isCamera) askSystemForCamera().then(decide, () => decide(false));
    else decide(isShown && permission === COPYING);
  });
}

/** Whether a message came from the app's own page, in the window's main frame. */
export function isFromPage(
  event: { sender: WebContents; senderFrame: { url: string } | null },
  contents: WebContents | null,
): boolean {
  const { sender, senderFrame } = event;
  return contents !== null && sender === contents && senderFrame === contents.mainFrame && isOwn(senderFrame.url);
}

/** macOS asks the user itself; elsewhere the app's word is enough. */
async function askSystemForCamera(): Promise<boolean> {
  return process.platform !== 'darwin' || systemPreferences.askForMediaAccess('camera');
}
