import { keptSearchSchema } from '../run/search.ts';
import { defineForm } from './form.ts';

/** The networks that a run has judged in its search: a file of the run. */
export const SEARCH_FORM = defineForm({ name: 'search of a run', schema: keptSearchSchema });
