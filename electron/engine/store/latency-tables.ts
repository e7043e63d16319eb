import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LATENCY_NAME, type LatencyTable } from '../../../shared/run/latency-table.ts';
import { describeNewer } from '../../../shared/stored/form.ts';
import { LATENCY_FORM } from '../../../shared/stored/latency-form.ts';
import { suggestName } from '../../../shared/text/suggest-name.ts';
import { describeWriteFailure, writeFileAtomicallySync } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import { latencyFolder } from './paths.ts';
import { parseStoredText, toStoredText } from './stored-json.ts';

/**
 * Tables of measured latencies, a file each in the home: they take minutes on a device that may be elsewhere, so that they
 * do not go with a database that is set aside, and can be copied to another home.
 */

const ENDING = '.json';
/** Ends the name of a table that was set aside, in place of what is set aside already. */
const ASIDE = '.removed';

/** Names of all tables, in order. */
function listNames(home: string): string[] {
  const folder = latencyFolder(home);
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(ENDING) && LATENCY_NAME.test(file.slice(0, -ENDING.length)))
      .map((file) => file.slice(0, -ENDING.length))
      .sort();
  } catch {
    return []; // None was made.
  }
}

/** All tables that can be read. */
export function readLatencyTables(home: string): LatencyTable[] {
  return listNames(home).flatMap((name) => {
    const reading = parseStoredText(LATENCY_FORM, readFileSync(pathOf(home, name), 'utf8'));
    return reading.ok ? [reading.value] : [];
  });
}

/** A table; null where there is none of that name. @throws DecantError `store.newer`, `store.unreadable` */
export function findLatencyTable(home: string, name: string): LatencyTable | null {
  if (!LATENCY_NAME.test(name)) return null;
  const path = pathOf(home, name);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null; // Errors of node:fs have a code.
    throw damaged(name, path, 'it cannot be opened', error);
  }
  const reading = parseStoredText(LATENCY_FORM, text);
  if (reading.ok) return reading.value;
  if (reading.why === 'newer')
    throw new DecantError('store.newer', describeNewer(`The latency table ${name}`, reading));
  throw damaged(name, path, reading.details);
}

/** @throws DecantError `latency.unknown`, `store.newer`, `store.unreadable` */
export function readLatencyTable(home: string, name: string): LatencyTable {
  const table = findLatencyTable(home, name);
  if (table) return table;
  const names = listNames(home);
  const meant = suggestName(name, names);
  const known =
    names.length === 0
      ? 'there is none yet'
      : meant !== null
        ? `did you mean "${meant}"?`
        : `there is ${names.join(', ')}`;
  throw new DecantError(
    'latency.unknown',
    `There is no latency table "${name}"; ${known}${known.endsWith('?') ? ' Otherwise' : ', and'} "decant latency measure --name ${name}" makes one.`,
    { name },
  );
}

/** Keeps a table, in place of a former one of its name. @throws DecantError `disk.full`, `disk.failed`, `output.unwritable` */
export function writeLatencyTable(home: string, table: LatencyTable): void {
  writeFileAtomicallySync(pathOf(home, table.name), toStoredText(LATENCY_FORM, table));
}

/** Removes a table, readable or not. @throws DecantError `latency.unknown`, `output.unwritable` */
export function removeLatencyTable(home: string, name: string): void {
  if (!listNames(home).includes(name)) readLatencyTable(home, name);
  const path = pathOf(home, name);
  try {
    rmSync(path);
  } catch (error) {
    throw describeWriteFailure(path, error);
  }
}

/** Removes a table, readable or not, until it is restored or another is. @throws DecantError `latency.unknown`, `output.unwritable` */
export function setLatencyTableAside(home: string, name: string): void {
  if (!listNames(home).includes(name)) readLatencyTable(home, name);
  const path = pathOf(home, name);
  try {
    renameSync(path, `${path}${ASIDE}`);
  } catch (error) {
    throw describeWriteFailure(path, error);
  }
}

/** Brings a table back that was set aside. @throws DecantError `latency.unknown`, `output.unwritable` */
export function restoreLatencyTable(home: string, name: string): void {
  const path = LATENCY_NAME.test(name) ? pathOf(home, name) : null;
  if (path === null || !existsSync(`${path}${ASIDE}`))
    throw new DecantError('latency.unknown', `No latency table "${name}" was removed; measure it again.`, { name });
  if (existsSync(path))
    throw new DecantError(
      'latency.unknown',
      `The latency table ${name} was measured anew since it was removed; the new one stays.`,
      { name },
    );
  try {
    renameSync(`${path}${ASIDE}`, path);
  } catch (error) {
    throw describeWriteFailure(path, error);
  }
}

function pathOf(home: string, name: string): string {
  return join(latencyFolder(home), `${name}${ENDING}`);
}

function damaged(name: string, path: string, reason: string, cause?: unknown): DecantError {
  return new DecantError(
    'store.unreadable',
    `The latency table ${name} cannot be used: ${reason}; remove it with "decant latency remove ${name}" and measure again.`,
    { name, path, reason },
    { cause },
  );
}
