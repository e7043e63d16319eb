import { readFile, rename } from 'node:fs/promises';
import type { z } from 'zod';
import { explainMismatch } from '../../../shared/ipc/explain-mismatch.ts';
import { writeFileAtomically } from '../../engine/index.ts';

/** Some of an object's values; the others stay. */
export type Changes<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** A value kept in a JSON file of the app's own. What is not there or not readable is the default. */
export class JsonFile<Schema extends z.ZodObject> {
  readonly path: string;
  readonly #schema: Schema;
  #value: z.output<Schema>;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, schema: Schema, value: z.output<Schema>) {
    this.path = path;
    this.#schema = schema;
    this.#value = value;
  }

  /** Reads the file. `warn` is told in one sentence what is wrong with it; it is put aside. */
  static async open<Schema extends z.ZodObject>(
    path: string,
    schema: Schema,
    warn: (message: string) => void,
  ): Promise<JsonFile<Schema>> {
    let value: unknown = {};
    let problem: string | null = null;
    try {
      value = JSON.parse(await readFile(path, 'utf8'));
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isMissing) problem = error instanceof Error ? error.message : String(error);
    }
    const checked = schema.safeParse(value);
    if (!checked.success) problem = explainMismatch(checked.error);
    if (problem !== null) {
      const aside = `${path}.broken`;
      await rename(path, aside).catch(() => undefined);
      warn(`${path} cannot be used (${problem}); it is now ${aside}, and the defaults are taken.`);
    }
    return new JsonFile(path, schema, checked.success ? checked.data : schema.parse({}));
  }

  get value(): z.output<Schema> {
    return this.#value;
  }

  /** Changes some of it and writes it. */
  async change(changes: Changes<z.output<Schema>>): Promise<z.output<Schema>> {
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    this.#value = this.#schema.parse({ ...this.#value, ...Object.fromEntries(given) });
    const content = `${JSON.stringify(this.#value, null, 2)}\n`;
    const write = () => writeFileAtomically(this.path, content);
    this.#writing = this.#writing.then(write, write);
    await this.#writing;
    return this.#value;
  }
}
