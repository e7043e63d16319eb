import type { JsonObject } from '../form.ts';
import { upgradeRecipeTo2 } from './recipe-2.ts';

/** Version 2 of reports: with version 2 of recipes. */
export function upgradeReportTo2(report: JsonObject): JsonObject {
  const { recipe } = report;
  return typeof recipe === 'object' && recipe !== null
    ? { ...report, recipe: upgradeRecipeTo2(recipe as JsonObject) } // An array fails the schema either way.
    : report;
}
