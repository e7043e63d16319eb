import { mkdir } from 'node:fs/promises';
import { checkNode } from '../engine/check-node.ts';
import type { Handlers, Topic } from './context.ts';

export const settingsHandlers: Handlers<Topic<'settings'>> = {
  async 'settings.read'(_, { settings }) {
    return settings.value;
  },
  async 'settings.change'(changes, { settings }) {
    return settings.change(changes);
  },
  async 'settings.pickEngineNode'({ clear }, { desktop, settings, host }) {
    const node = clear ? null : await desktop.pick({ title: 'Choose the Node.js that runs the engine', kind: 'file' });
    if (node === null && !clear) return settings.value;
    if (node !== null) await checkNode(node);
    const changed = await settings.change({ engineNode: node });
    await host.restart();
    return changed;
  },
  async 'settings.pickHome'({ clear }, { desktop, settings }) {
    if (clear) return settings.change({ home: null });
    const home = await desktop.pick({ title: 'Choose the folder for runs and cache', kind: 'folder' });
    return home === null ? settings.value : settings.change({ home });
  },
  async 'settings.openHome'(_, { desktop, home }) {
    await mkdir(home, { recursive: true });
    await desktop.open(home);
    return {};
  },
};
