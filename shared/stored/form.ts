import type { z } from 'zod';
import { explainMismatch } from '../ipc/explain-mismatch.ts';

/** A JSON object before it is checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Brings stored JSON from one version of its form to the next, without its `version` key. A pure function: its argument
 * stays as it is. It meets what people wrote by hand, so that any part may be missing or of the wrong kind; what it does
 * not understand it passes on, for the schema to refuse.
 */
export type Upgrade = (json: JsonObject) => JsonObject;

/** One kind of JSON that is stored, in the database or in a file. */
export interface StoredForm<T> {
  /** As sentences call it: "recipe". */
  readonly name: string;
  /** The version that is written; JSON without a version is of version 1. */
  readonly version: number;
  /** Of the newest version, without its `version` key. */
  readonly schema: z.ZodType<T>;
  /** The one from version 1 to 2, the one from 2 to 3, and so on. */
  readonly upgrades: readonly Upgrade[];
  /** Whether the value is no object: it is stored as `{version, value}`. Version 1 also stands alone. */
  readonly wrapped: boolean;
  /** Whether the value has the version among its keys itself. */
  readonly keepsVersion: boolean;
}

/** JSON that was written by a newer Decant. */
export interface NewerJson {
  readonly ok: false;
  readonly why: 'newer';
  readonly form: string;
  readonly version: number;
  /** The newest version that is known here. */
  readonly newest: number;
}

/** JSON that is not of its form. `details` says why, for people. */
export interface InvalidJson {
  readonly ok: false;
  readonly why: 'invalid';
  readonly form: string;
  readonly details: string;
}

export type StoredReading<T> = { readonly ok: true; readonly value: T } | NewerJson | InvalidJson;

/** Describes a form. Its version follows from the number of its upgrades. */
export function defineForm<T>({
  name,
  schema,
  upgrades = [],
  wrapped = false,
  keepsVersion = false,
}: Pick<StoredForm<T>, 'name' | 'schema'> & Partial<StoredForm<T>>): StoredForm<T> {
  return { name, version: 1 + upgrades.length, schema, upgrades, wrapped, keepsVersion };
}

/** Reads parsed JSON of any version up to the newest, or says why not. */
export function readStored<T>(form: StoredForm<T>, json: unknown): StoredReading<T> {
  const upgraded = upgradeStored(form, json);
  if (!upgraded.ok) return upgraded;
  const { value } = upgraded;
  const parsed = form.schema.safeParse(
    form.wrapped ? value.value : form.keepsVersion ? { version: form.version, ...value } : value,
  );
  return parsed.success ? { ok: true, value: parsed.data } : invalid(form, explainMismatch(parsed.error));
}

/** The value as plain JSON with its version, for `JSON.stringify`. */
export function writeStored<T>(form: StoredForm<T>, value: T): JsonObject {
  const { version } = form;
  if (form.wrapped) return { version, value };
  const object: object = value as object; // What is no object is wrapped.
  return form.keepsVersion ? { ...object, version } : { version, ...object };
}

/**
 * Brings parsed JSON to the newest version without checking it, for forms of which people write any part by hand. The
 * value has no `version` key.
 */
export function upgradeStored(form: Omit<StoredForm<unknown>, 'schema'>, json: unknown): StoredReading<JsonObject> {
  if (form.wrapped && Array.isArray(json)) return upgradeFrom(form, 1, { value: json });
  if (!isJsonObject(json)) return invalid(form, 'expected an object');
  const { version = 1, ...rest } = json;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    return invalid(
      form,
      `"version" is ${String(JSON.stringify(version)).slice(0, 40)}, expected a whole number from 1`,
    );
  return upgradeFrom(form, version, rest);
}

/** The same for JSON whose version stands elsewhere, such as in a file's first bytes. */
export function upgradeFrom(
  form: Omit<StoredForm<unknown>, 'schema'>,
  version: number,
  json: JsonObject,
): StoredReading<JsonObject> {
  if (version > form.version) return { ok: false, why: 'newer', form: form.name, version, newest: form.version };
  let value = json;
  try {
    for (const upgrade of form.upgrades.slice(version - 1)) value = upgrade(value);
  } catch (error) {
    return invalid(
      form,
      `cannot be upgraded from version ${version} (${error instanceof Error ? error.message : error})`,
    );
  }
  return { ok: true, value };
}

/** The one sentence with which a newer Decant's work is refused. `subject` is what was to be opened: "Run x". */
export function describeNewer(subject: string, { form, version, newest }: NewerJson): string {
  return `${subject} was made by a newer version of Decant (${form} version ${version}; this one reads up to ${newest}); update Decant to open it.`;
}

function invalid({ name }: { readonly name: string }, details: string): InvalidJson {
  return { ok: false, why: 'invalid', form: name, details };
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
