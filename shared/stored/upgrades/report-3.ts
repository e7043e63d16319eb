import { isJsonObject, type JsonObject } from '../form.ts';
import { upgradeRecipeTo3 } from './recipe-3.ts';

/** Version 3 of reports: with version 3 of recipes. */
export function upgradeReportTo3(report: JsonObject): JsonObject {
  const { recipe } = report;
  return isJsonObject(recipe) ? { ...report, recipe: upgradeRecipeTo3(recipe) } : report;
}
