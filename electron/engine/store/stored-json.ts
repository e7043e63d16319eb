import {
  describeNewer,
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
  return JSON.stringify(writeStored(form, value));
}

/** What a column's text says, whatever version wrote it, or why that cannot be told. */
export function parseStoredText<T>(form: StoredForm<T>, text: string): StoredReading<T> {
  let json: unknown;
  try {
    json = JSON.parse(text);
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
  throw new DecantError(
    'store.unreadable',
    `${owner} is damaged: its ${form.name} in the store is invalid (${reading.details}); restore the home from a backup or start a new run.`,
    { owner, form: form.name, details: reading.details },
  );
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
        `SELECT max(CAST(json_extract(${column}, '$.version') AS INTEGER)) FROM ${table} WHERE ${run} = ?`,
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
