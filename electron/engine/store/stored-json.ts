import { crc32 } from 'node:zlib';
import {
  describeNewer,
  type JsonObject,
  readStored,
  type StoredForm,
  type StoredReading,
  writeStored,
} from '../../../shared/stored/form.ts';
import { FORMS } from '../../../shared/stored/forms.ts';
import { DecantError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import type { ReadableDb } from './connection.ts';

/** A value as the text of a column. */
export function toStoredText<T>(form: StoredForm<T>, value: T): string {
  return sealText(JSON.stringify(writeStored(form, value)));
}

/** At the end of a sealed text. */
const SEAL = /,"sum":"([0-9a-f]{8})"\}$/;

/**
 * An object's JSON with the CRC-32 of that as its last key: SQLite itself does not see that a bit of a page has changed. An
 * array's, as the first versions of some forms are, stays as it is.
 */
export function sealText(json: string): string {
  if (!json.endsWith('}')) return json;
  return `${json.slice(0, -1)},"sum":"${sumText(json)}"}`;
}

/** The JSON that was sealed; null where it is no longer that. One from before texts were sealed is given as it is. */
export function unsealText(text: string): string | null {
  const [seal, sum] = SEAL.exec(text) ?? [];
  if (seal === undefined) return text;
  const json = `${text.slice(0, -seal.length)}}`;
  return sumText(json) === sum ? json : null;
}

/** CRC-32, eight hexadecimal digits. */
export function sumText(text: string | Uint8Array): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/** What a column's text says, of whatever version. @param owner as of `fromStoredText` @throws DecantError `store.unreadable` */
export function parseSealed(text: string, owner: string): JsonObject | unknown[] {
  const json = unsealText(text);
  if (json === null) throw damagedRow(owner, CHANGED);
  try {
    return JSON.parse(json);
  } catch {
    throw damagedRow(owner, CHANGED);
  }
}

/** CRC-32 of figures in plain columns. */
export function sumFigures(figures: readonly (number | null)[]): string {
  return sumText(JSON.stringify(figures));
}

/** Makes sure that figures are what was written. @param sum null: from before there were any @throws DecantError `store.unreadable` */
export function checkFigures(figures: readonly (number | null)[], sum: string | null, owner: string): void {
  if (sum !== null && sumFigures(figures) !== sum)
    throw damagedRow(owner, 'its figures have changed since they were written');
}

const CHANGED = 'it has changed since it was written';

/** The one sentence about something in the store that is not as it was written. */
export function damagedRow(owner: string, reason: string): DecantError {
  return new DecantError(
    'store.unreadable',
    `${owner} is damaged in the store: ${reason}; run "decant doctor --repair", which restores runs from their folders.`,
    { owner, reason },
  );
}

/** What a column's text says, whatever version wrote it, or why that cannot be told. */
export function parseStoredText<T>(form: StoredForm<T>, text: string): StoredReading<T> {
  const unsealed = unsealText(text);
  if (unsealed === null) return { ok: false, why: 'invalid', form: form.name, details: CHANGED };
  let json: unknown;
  try {
    json = JSON.parse(unsealed);
  } catch (error) {
    return {
      ok: false,
      why: 'invalid',
      form: form.name,
      details: error instanceof Error ? error.message : String(error),
    };
  }
  return readStored(form, json);
}

/**
 * What a column's text says.
 *
 * @param owner whose it is, for the message: "Run x"
 * @throws DecantError `store.newer`, `store.unreadable`
 */
export function fromStoredText<T>(form: StoredForm<T>, text: string, owner: string): T {
  const reading = parseStoredText(form, text);
  if (reading.ok) return reading.value;
  if (reading.why === 'newer') {
    const { version, newest } = reading;
    throw new DecantError('store.newer', describeNewer(owner, reading), { owner, form: form.name, version, newest });
  }
  throw damagedRow(owner, `its ${form.name} is invalid (${reading.details})`);
}

/** Where the store keeps JSON of a run. */
const COLUMNS = [
  { form: FORMS.recipe, table: 'runs', column: 'recipe', run: 'id' },
  { form: FORMS.report, table: 'runs', column: 'report', run: 'id' },
  { form: FORMS.finishPlace, table: 'runs', column: 'finish_place', run: 'id' },
  { form: FORMS.layers, table: 'runs', column: 'layers', run: 'id' },
  { form: FORMS.epoch, table: 'epochs', column: 'metrics', run: 'run' },
  { form: FORMS.cut, table: 'cuts', column: 'facts', run: 'run' },
  { form: FORMS.model, table: 'models', column: 'facts', run: 'run' },
  { form: FORMS.export, table: 'exports', column: 'facts', run: 'run' },
  { form: FORMS.phone, table: 'phone_measurements', column: 'facts', run: 'run' },
  { form: FORMS.stepPoint, table: 'step_points', column: 'point', run: 'run' },
] as const;

/**
 * Makes sure, before anything of a run is used or changed, that no newer Decant worked on it.
 *
 * @throws DecantError `store.newer`
 */
export function requireReadable(db: ReadableDb, id: RunId): void {
  for (const { form, table, column, run } of COLUMNS) {
    const version = db
      .prepare<[string], number | null>(
        `SELECT max(CAST(json_extract(${column}, '$.version') AS INTEGER)) FROM ${table} WHERE ${run} = ? AND json_valid(${column})`,
      )
      .pluck()
      .get(id);
    if (typeof version !== 'number' || version <= form.version) continue;
    const newer = { ok: false, why: 'newer', form: form.name, version, newest: form.version } as const;
    throw new DecantError('store.newer', describeNewer(`Run ${id}`, newer), {
      run: id,
      form: form.name,
      version,
      newest: form.version,
    });
  }
}
