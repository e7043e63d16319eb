import { getContext, setContext } from 'svelte';

/** What a Field tells the control inside it, and what the control tells the Field. */
export interface FieldContext {
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
  /** What the control cannot make sense of, a sentence; null where all is well. */
  problem: string | null;
}

const KEY = Symbol('field');

export function provideField(field: FieldContext): void {
  setContext(KEY, field);
}

/** The Field around a control, where there is one. */
export function useField(): FieldContext | undefined {
  return getContext<FieldContext | undefined>(KEY);
}
