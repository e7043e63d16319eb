import type { Store } from '../../electron/engine/store/index.ts';

/** Query plans of all statements that `work` prepares. */
export function recordPlans({ db }: Store, work: () => void): { sql: string; plan: string[] }[] {
  const prepare = db.prepare;
  const seen: string[] = [];
  db.prepare = ((sql: string) => {
    seen.push(sql);
    return prepare.call(db, sql);
  }) as typeof db.prepare; // Same function, with a note taken.
  try {
    work();
  } finally {
    db.prepare = prepare;
  }
  return seen
    .filter((sql) => !/^\s*INSERT/.test(sql))
    .map((sql) => {
      const named = (sql.match(/(?<=@)\w+/g) ?? []).map((name) => [name, null]);
      const parameters = (sql.match(/\?/g) ?? []).map(() => null);
      const bindings = named.length > 0 ? [Object.fromEntries(named)] : parameters;
      const rows = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...bindings);
      return { sql, plan: rows.map((row) => row.detail) };
    });
}
