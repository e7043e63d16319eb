import { extname } from 'node:path';

/**
 * A module of ours by its path beside the one that asks, for a thread or process that begins with it. It has the extension
 * of the one that asks: sources run as .ts, what is built of them as .js.
 *
 * @param asking `import.meta.url` of the module that asks
 * @param path without extension, as in `./worker`
 */
export function siblingModule(asking: string, path: string): URL {
  return new URL(path + extname(new URL(asking).pathname), asking);
}
