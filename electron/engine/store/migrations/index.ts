import type { WritableDb } from '../connection.ts';
import { createFirstTables } from './0010-first-tables.ts';
import { createSessions } from './0020-sessions.ts';
import { createRunBook } from './0030-run-book.ts';
import { createInspections } from './0040-inspections.ts';
import { openRoles } from './0050-open-roles.ts';
import { countRevisions } from './0060-run-revisions.ts';
import { keepSums } from './0070-sums.ts';
import { indexLists } from './0080-listing-indexes.ts';
import { keepLineage } from './0090-lineage.ts';
import { keepPhones } from './0100-phones.ts';

/** One step of the store's history. `version` becomes SQLite's `user_version`. */
export interface Migration {
  version: number;
  migrate(db: WritableDb): void;
}

/** All steps, oldest first. A step that has shipped never changes; see CONTRIBUTING for how to add one. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 10, migrate: createFirstTables },
  { version: 20, migrate: createSessions },
  { version: 30, migrate: createRunBook },
  { version: 40, migrate: createInspections },
  { version: 50, migrate: openRoles },
  { version: 60, migrate: countRevisions },
  { version: 70, migrate: keepSums },
  { version: 80, migrate: indexLists },
  { version: 90, migrate: keepLineage },
  { version: 100, migrate: keepPhones },
];
