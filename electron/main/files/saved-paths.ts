import { existsSync } from 'node:fs';
import { DecantError } from '../../engine/index.ts';

/** Where this session saved what the window may want to see: it names what was saved, never a path. */
export class SavedPaths {
  readonly #paths = new Map<string, string>();

  remember(what: string, path: string): void {
    this.#paths.set(what, path);
  }

  /** @throws DecantError `output.unwritable` for what was not saved, or is no longer there */
  find(what: string): string {
    const path = this.#paths.get(what);
    if (path === undefined)
      throw new DecantError('output.unwritable', 'This was not saved since Decant was started; save it again.', {
        what,
      });
    if (!existsSync(path))
      throw new DecantError('output.unwritable', `${path} no longer exists; save it again.`, { path });
    return path;
  }
}
