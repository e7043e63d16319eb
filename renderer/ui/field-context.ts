import { getContext, setContext } from 'svelte';

/** What was typed into a field and cannot be taken, and why, a sentence. */
export interface FieldEntry {
  readonly text: string;
  readonly problem: string;
}

/** What a Field and the control inside it tell each other. */
export interface FieldContext {
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
  /** Null: all that was typed was taken. */
  entry: FieldEntry | null;
}

/** An entry with the name that people know its field by. */
export interface FormEntry extends FieldEntry {
  readonly label: string;
}

/** What cannot be taken in a whole form, by the names of the fields. It stays while a field is hidden. */
export type FormEntries = Pick<Map<string, FormEntry>, 'get' | 'set' | 'delete'>;

const FIELD = Symbol('field');
const FORM = Symbol('form');

export function provideField(field: FieldContext): void {
  setContext(FIELD, field);
}

/** The Field around a control, if any. */
export function useField(): FieldContext | undefined {
  return getContext<FieldContext | undefined>(FIELD);
}

/** Keeps the entries of all Fields inside that have a name. */
export function provideForm(entries: FormEntries): void {
  setContext(FORM, entries);
}

export function useForm(): FormEntries | undefined {
  return getContext<FormEntries | undefined>(FORM);
}
