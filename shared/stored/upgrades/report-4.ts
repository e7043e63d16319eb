import { isJsonObject, type JsonObject } from '../form.ts';
import { upgradeRecipeTo4 } from './recipe-4.ts';

/** Version 4 of reports: with version 4 of recipes. */
export function upgradeReportTo4(report: JsonObject): JsonObject {
  const { recipe } = report;
  return isJsonObject(recipe) ? { ...report, recipe: upgradeRecipeTo4(recipe) } : report;
}
