import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PINNED_WEIGHTS_FORM } from '../../../shared/stored/app-forms.ts';
import { describeNewer, readStored, writeStored } from '../../../shared/stored/form.ts';
import { describeWriteFailure, writeFileAtomically } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import { isProcessAlive } from '../core/process.ts';
import { downloadFile, hashFile } from './download-file.ts';
import { addressOf, type CatalogueEntry } from './entries.ts';

/** Whether weights lie in the home, whole. */
export type KeptState = 'absent' | 'partial' | 'ready';

/** What is known of weights once they have been here; it stays when they are removed, so that they cannot change. */
interface Pin {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Where a catalogue's weights are kept. */
export class KeptWeights {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async state(entry: CatalogueEntry): Promise<KeptState> {
    if (await exists(this.#path(entry))) return 'ready';
    return (await exists(`${this.#path(entry)}.part`)) ? 'partial' : 'absent';
  }

  /** Bytes of the file as far as they are known. */
  async sizeBytes(entry: CatalogueEntry): Promise<number> {
    return (await this.#pin(entry))?.sizeBytes ?? entry.sizeBytes;
  }

  /**
   * Path of weights that are here and are what they were; null where they are not here.
   *
   * @throws DecantError `weights.unreadable` where the file has changed
   */
  async find(entry: CatalogueEntry): Promise<string | null> {
    const path = this.#path(entry);
    if (!(await exists(path))) return null;
    const expected = entry.sha256 ?? (await this.#pin(entry))?.sha256;
    if (expected !== undefined && (await hashFile(path)) === expected) return path;
    throw new DecantError(
      'weights.unreadable',
      `The weights ${path} have changed since they were downloaded; run "decant weights remove ${entry.id}" and download them again.`,
      { path },
    );
  }

  /**
   * Downloads what is missing of weights, and checks the whole.
   *
   * @returns their path
   * @throws the signal's reason; DecantError `download.failed`, `disk.full`, `output.unwritable`
   */
  async download(
    entry: CatalogueEntry,
    options: {
      hub: string;
      signal: AbortSignal;
      onProgress?: (done: number, total: number) => void;
      firstPauseMs?: number;
    },
  ): Promise<string> {
    const path = this.#path(entry);
    const release = await this.#lock(entry);
    try {
      const found = await this.find(entry);
      if (found !== null) return found;
      const { onProgress, hub, ...others } = options;
      const pin = await this.#pin(entry);
      const whole = await downloadFile({
        ...others,
        address: addressOf(entry, hub),
        path,
        sha256: entry.sha256 ?? pin?.sha256 ?? null,
        largestBytes: 2 * entry.sizeBytes,
        onProgress: (done, total) => onProgress?.(done, total ?? entry.sizeBytes),
        onChecked: (known) => this.#keepPin(entry, known),
      });
      onProgress?.(whole.sizeBytes, whole.sizeBytes);
      return path;
    } finally {
      await release();
    }
  }

  /** Removes what there is of weights. What they are stays known. */
  async remove(entry: CatalogueEntry): Promise<void> {
    const release = await this.#lock(entry);
    try {
      for (const path of [this.#path(entry), `${this.#path(entry)}.part`]) await rm(path, { force: true });
    } finally {
      await release();
    }
  }

  async #keepPin(entry: CatalogueEntry, { sha256, sizeBytes }: Pin): Promise<void> {
    const { repository, revision, file } = entry;
    const content = { repository, revision, file, sha256, sizeBytes };
    await writeFileAtomically(
      this.#pinPath(entry),
      `${JSON.stringify(writeStored(PINNED_WEIGHTS_FORM, content), null, 2)}\n`,
    );
  }

  /** Null where the weights have never been here, or where another revision of them was. */
  async #pin(entry: CatalogueEntry): Promise<Pin | null> {
    let json: unknown;
    try {
      json = JSON.parse(await readFile(this.#pinPath(entry), 'utf8'));
    } catch {
      return null; // Absent or damaged: it is learned anew.
    }
    const reading = readStored(PINNED_WEIGHTS_FORM, json);
    if (!reading.ok && reading.why === 'newer')
      throw new DecantError('store.newer', describeNewer(this.#pinPath(entry), reading), {
        path: this.#pinPath(entry),
      });
    return reading.ok && reading.value.revision === entry.revision ? reading.value : null;
  }

  /** Two processes must not write into one part. What a dead one left of its lock does not count. */
  async #lock({ id }: CatalogueEntry): Promise<() => Promise<void>> {
    const path = join(this.#folder, `${id}.lock`);
    await mkdir(this.#folder, { recursive: true }).catch((error: unknown) => {
      throw describeWriteFailure(path, error);
    });
    for (;;) {
      try {
        await writeFile(path, String(process.pid), { flag: 'wx' });
        return () => rm(path, { force: true });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException; // node:fs throws errors with a code.
        if (code !== 'EEXIST') throw describeWriteFailure(path, error);
        const holder = Number(await readFile(path, 'utf8').catch(() => ''));
        if (holder !== process.pid && !isProcessAlive(holder)) await rm(path, { force: true });
        else
          throw new DecantError(
            'download.failed',
            `Process ${holder} is already downloading the weights ${id}; wait for it to finish.`,
            { id, process: holder },
            { cause: error },
          );
      }
    }
  }

  #path({ id }: CatalogueEntry): string {
    return join(this.#folder, `${id}.safetensors`);
  }

  #pinPath({ id }: CatalogueEntry): string {
    return join(this.#folder, `${id}.json`);
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}
