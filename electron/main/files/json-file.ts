import { readFile, rename } from 'node:fs/promises';
import {
  describeNewer,
  readStored,
  type StoredForm,
  type StoredReading,
  writeStored,
} from '../../../shared/stored/form.ts';
import { writeFileAtomically } from '../../engine/index.ts';

/** Some of an object's values; the others stay. */
export type Changes<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** A value kept in a JSON file of the app's own. What is not there or not readable is the default. */
export class JsonFile<T extends object> {
  readonly path: string;
  readonly #form: StoredForm<T>;
  /** A newer Decant's file is never written to. */
  readonly #isWritten: boolean;
  #value: T;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, form: StoredForm<T>, { value, isWritten }: { value: T; isWritten: boolean }) {
    this.path = path;
    this.#form = form;
    this.#value = value;
    this.#isWritten = isWritten;
  }

  /** Reads the file. `warn` is told in one sentence what is wrong with it; it is put aside, or left alone where it is newer. */
  static async open<T extends object>(
    path: string,
    form: StoredForm<T>,
    warn: (message: string) => void,
  ): Promise<JsonFile<T>> {
    const reading = await readJson(path, form);
    if (reading?.ok) return new JsonFile(path, form, { value: reading.value, isWritten: true });
    const value = form.schema.parse({});
    if (reading?.why === 'newer') {
      warn(`${describeNewer(path, reading)} Until then the defaults apply, and changes are not kept.`);
      return new JsonFile(path, form, { value, isWritten: false });
    }
    if (reading) {
      const aside = `${path}.broken`;
      await rename(path, aside).catch(() => undefined);
      warn(`${path} cannot be used (${reading.details}); it was renamed to ${aside}, and the defaults are used.`);
    }
    return new JsonFile(path, form, { value, isWritten: true });
  }

  get value(): T {
    return this.#value;
  }

  /** Changes some of it and writes it. */
  async change(changes: Changes<T>): Promise<T> {
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    this.#value = this.#form.schema.parse({ ...this.#value, ...Object.fromEntries(given) });
    if (!this.#isWritten) return this.#value;
    const content = `${JSON.stringify(writeStored(this.#form, this.#value), null, 2)}\n`;
    const write = () => writeFileAtomically(this.path, content);
    this.#writing = this.#writing.then(write, write);
    await this.#writing;
    return this.#value;
  }
}

/** Null where there is no file. */
async function readJson<T>(path: string, form: StoredForm<T>): Promise<StoredReading<T> | null> {
  try {
    return readStored(form, JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const details = error instanceof Error ? error.message : String(error);
    return isMissing ? null : { ok: false, why: 'invalid', form: form.name, details };
  }
}
