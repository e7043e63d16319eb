import { getContext, setContext } from 'svelte';

/** What a Field and the control inside it tell each other. */
export interface FieldContext {
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
  /** What is wrong with the control's input, a sentence; null if nothing is. */
  problem: string | null;
}

const KEY = Symbol('field');

export function provideField(field: FieldContext): void {
  setContext(KEY, field);
}

/** The Field around a control, if any. */
export function useField(): FieldContext | undefined {
  return getContext<FieldContext | undefined>(KEY);
}
