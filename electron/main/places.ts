import { join } from 'node:path';

/** `dist/`, or what was packed of it. */
const DIST = join(import.meta.dirname, '..', '..');

/** Where the parts of the built app are. */
export const PLACES = {
  preload: join(DIST, 'preload', 'index.cjs'),
  renderer: join(DIST, 'renderer'),
  icon: join(DIST, 'icon.png'),
  /** Outside of the archive: any Node can run it, and native libraries can be loaded. */
  engine: join(DIST.replace(/([\\/])app[.]asar(?=[\\/])/, '$1app.asar.unpacked'), 'electron', 'worker', 'index.js'),
} as const;
