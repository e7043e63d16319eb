/** What the window gets of the world: `window.decant`, and nothing else. It names no channel and sees no path. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { z } from 'zod';
import type { Bridge } from '../../shared/ipc/bridge.ts';
import { CHANNELS, REQUESTS } from '../../shared/ipc/contract.ts';
import { appEventSchema } from '../../shared/ipc/events.ts';
import type { Failure } from '../../shared/ipc/message.ts';

z.config({ jitless: true }); // The page's security policy forbids code made of text.

const bridge: Bridge = {
  async request(name, params) {
    if (!Object.hasOwn(REQUESTS, name)) return refuse(`There is no request "${String(name).slice(0, 100)}".`);
    try {
      return await ipcRenderer.invoke(CHANNELS.request, name, params);
    } catch (error) {
      return refuse(`The request "${name}" cannot be sent: ${error}.`); // Its params are no data.
    }
  },

  async open(files, work) {
    const paths = Array.isArray(files) ? files.map(findPath) : [];
    if (paths.length === 0 || paths.includes(''))
      return refuse('What was dropped is not a file or folder on this computer; drop one from a folder.');
    return ipcRenderer.invoke(CHANNELS.drop, paths, work);
  },

  listen(listener) {
    const receive = (_: unknown, event: unknown): void => {
      const { data } = appEventSchema.safeParse(event);
      if (data !== undefined) listener(data);
    };
    ipcRenderer.on(CHANNELS.event, receive);
    return () => {
      ipcRenderer.off(CHANNELS.event, receive);
    };
  },
};

contextBridge.exposeInMainWorld('decant', bridge);

/** Empty for what is no file of the disk. */
function findPath(file: object): string {
  try {
    return webUtils.getPathForFile(file as File); // It throws at anything but a file of the DOM.
  } catch {
    return '';
  }
}

function refuse(message: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { code: 'ipc.invalid', message } };
}
