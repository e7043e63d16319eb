/**
 * Does what `shim.c` does, on any system: lets the n-th change to files below a folder fail, be cut short, or be the last thing
 * that the process does. Preloaded with `node --import`; it takes the place of functions of `node:fs`, and of SQLite's statements
 * that write, which stand for the database's own changes. The same variables of the environment steer it.
 *
 * It sees less than the shim: one write of a whole file is one change, as is one statement; threads are left alone; and there
 * is no loss of power, since nobody here knows what the system has brought to the disk.
 */
import fs, { type PathLike } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';
import { relative, resolve, sep } from 'node:path';
import Database from 'better-sqlite3';

const { FAULTS_ROOT, FAULTS_OF = '', FAULTS_AT, FAULTS_THEN = '', FAULTS_STAYS, FAULTS_LOG } = process.env;
const root = FAULTS_ROOT === undefined ? null : fs.realpathSync(FAULTS_ROOT);
const groups = FAULTS_OF.split(',');
const strikeAt = Number(FAULTS_AT);
const { openSync, writeSync, existsSync } = fs;
const log = FAULTS_LOG === undefined ? null : openSync(FAULTS_LOG, 'a');
let counted = 0;

type Callable = (this: unknown, ...args: unknown[]) => unknown;
/** What comes of a change: null, nothing happens to it; `short` and `kill`, half of it is done. */
type Fate = null | 'short' | 'kill' | Error;

/** Counts a change and tells its fate. `what` is the operation, as the system calls it. */
function meet(group: string, what: string, path: string): Fate {
  const below = place(path);
  if (below === null || !groups.includes(group)) return null;
  counted++;
  if (strikeAt === 0) say(`change ${group} ${what} ${below}\n`);
  if (strikeAt === 0 || counted < strikeAt || (counted > strikeAt && FAULTS_STAYS !== '1')) return null;
  if (counted === strikeAt) say(`struck ${counted} ${what} ${below}\n`);
  if (FAULTS_THEN === 'kill' || FAULTS_THEN === 'short') return FAULTS_THEN;
  const [code = 'EIO'] = Object.entries(constants.errno).find(([, number]) => number === Number(FAULTS_THEN)) ?? [];
  const message = `${code}: made to fail, ${what} '${path}'`;
  return Object.assign(new Error(message), { code, errno: -Number(FAULTS_THEN), syscall: what, path });
}

/** The path below the folder; null where it is elsewhere. */
function place(path: string): string | null {
  if (root === null) return null;
  const below = relative(root, resolve(path));
  return below === '' || below.startsWith('..') || resolve(below) === below ? null : `/${below.split(sep).join('/')}`;
}

function say(line: string): void {
  if (log !== null) writeSync(log, line);
}

/** Ends the process here and now, or throws. */
function strike(fate: Fate): void {
  if (fate === 'kill') die();
  if (fate instanceof Error) throw fate;
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
  // Waits until it is over: nothing may follow.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Takes the place of a function. */
function replace(of: object, name: string, make: (real: Callable) => (this: never, ...args: never[]) => unknown): void {
  const functions = of as Record<string, Callable>; // Of node:fs, or of a prototype: these are functions.
  functions[name] = make(functions[name]!) as Callable; // Called as the real one is.
}

/** A change that is done whole or not at all. `pathAt`: which argument names what is changed. */
function guard(of: object, name: string, group: string, { pathAt = 0 } = {}): void {
  const what = name.replace(/Sync$/, '');
  const change = (real: Callable, self: unknown, args: unknown[]) => {
    strike(meet(group, what, pathOf(args[pathAt] as PathLike))); // As it is used here.
    return real.apply(self, args);
  };
  replace(of, name, (real) =>
    name.endsWith('Sync')
      ? function (this: unknown, ...args) {
          return change(real, this, args);
        }
      : async function (this: unknown, ...args) {
          return change(real, this, args);
        },
  );
}

function pathOf(path: PathLike): string {
  return path instanceof URL ? path.pathname : String(path);
}

/** Opening for writing makes a file, or empties one. */
function meetOpening(path: string, flags: unknown): Fate {
  const writes = typeof flags === 'string' ? /[wax]/.test(flags) : (Number(flags ?? 0) & fs.constants.O_CREAT) !== 0;
  if (!writes) return null;
  const made = !existsSync(path);
  return made || /w/.test(String(flags)) ? meet('create', made ? 'open' : 'empty', path) : null;
}

/** The first half of what is to be written. */
function halve(content: string | Uint8Array): Uint8Array {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return bytes.subarray(0, Math.floor(bytes.byteLength / 2));
}

function patchSynchronousFiles(): void {
  const paths = new Map<number, string>();
  replace(fs, 'openSync', (real) => (path: string, flags: unknown, ...rest: unknown[]) => {
    strike(meetOpening(path, flags));
    const handle = real(path, flags, ...rest) as number; // What openSync gives.
    paths.set(handle, path);
    return handle;
  });
  replace(fs, 'fsyncSync', (real) => (handle: number) => {
    strike(meet('sync', 'fsync', paths.get(handle) ?? ''));
    return real(handle);
  });
  for (const name of ['writeFileSync', 'appendFileSync'])
    replace(fs, name, (real) => (path: string, content: string | Uint8Array, options?: { flush?: boolean }) => {
      if (!existsSync(path)) strike(meet('create', 'open', path));
      const fate = meet('write', 'write', path);
      if (fate !== null && fate !== 'short') real(path, halve(content), options);
      strike(fate);
      real(path, content, options);
      if (options?.flush) strike(meet('sync', 'fsync', path));
    });
  guard(fs, 'renameSync', 'rename', { pathAt: 1 });
  guard(fs, 'copyFileSync', 'create', { pathAt: 1 });
  guard(fs, 'mkdirSync', 'create');
  guard(fs, 'rmSync', 'remove');
}

async function patchFiles(): Promise<void> {
  const paths = new WeakMap<object, string>();
  const { open } = fs.promises;
  const sample = await open(process.execPath, 'r'); // The one way to the handles' prototype.
  const handles = Object.getPrototypeOf(sample) as object;
  await sample.close();
  replace(fs.promises, 'open', () => async (path: string, flags: unknown, mode: number) => {
    strike(meetOpening(path, flags));
    const handle = await open(path, flags as string, mode);
    paths.set(handle, path);
    return handle;
  });
  for (const name of ['sync', 'datasync'])
    replace(
      handles,
      name,
      (real) =>
        async function (this: FileHandle) {
          strike(meet('sync', 'fsync', paths.get(this) ?? ''));
          return real.call(this);
        },
    );
  for (const name of ['writeFile', 'appendFile'])
    replace(
      handles,
      name,
      (real) =>
        async function (this: FileHandle, content: string | Uint8Array) {
          const fate = meet('write', 'write', paths.get(this) ?? '');
          if (fate !== null && fate !== 'short') await real.call(this, halve(content));
          strike(fate);
          return real.call(this, content); // Goes on until all is written, however short the writes are.
        },
    );
  replace(
    handles,
    'write',
    (real) =>
      async function (this: FileHandle, bytes: Uint8Array, ...rest: unknown[]) {
        const fate = meet('write', 'write', paths.get(this) ?? '');
        strike(fate);
        if (fate !== 'short') return real.call(this, bytes, ...rest);
        return real.call(this, halve(bytes), 0, undefined, typeof rest[2] === 'number' ? rest[2] : null);
      },
  );
  guard(handles, 'truncate', 'write');
  replace(fs.promises, 'writeFile', (real) => async (path: string, content: string | Uint8Array, options: unknown) => {
    if (!existsSync(path)) strike(meet('create', 'open', path));
    const fate = meet('write', 'write', path);
    if (fate !== null && fate !== 'short') await real(path, halve(content), options);
    strike(fate);
    return real(path, content, options);
  });
  guard(fs.promises, 'rename', 'rename', { pathAt: 1 });
  for (const name of ['copyFile', 'cp']) guard(fs.promises, name, 'create', { pathAt: 1 });
  guard(fs.promises, 'mkdir', 'create');
  for (const name of ['rm', 'rmdir', 'unlink']) guard(fs.promises, name, 'remove');
}

/** As SQLite says it where it cannot write. */
const SQLITE_CODES: Readonly<Record<string, string>> = { ENOSPC: 'SQLITE_FULL', EIO: 'SQLITE_IOERR_WRITE' };

function patchStatements(): void {
  const db = new Database(':memory:');
  const statements = Object.getPrototypeOf(db.prepare('SELECT 1')) as object;
  db.close();
  replace(
    statements,
    'run',
    (real) =>
      function (this: Database.Statement, ...args) {
        const fate = meet('write', 'statement', this.database.name);
        if (fate === 'kill') die();
        if (fate instanceof Error) {
          const { code = '' } = fate as NodeJS.ErrnoException; // Made in `meet`.
          throw new Database.SqliteError(fate.message, SQLITE_CODES[code] ?? 'SQLITE_IOERR_WRITE');
        }
        return real.apply(this, args);
      },
  );
}

if (root !== null && log !== null) {
  patchSynchronousFiles();
  await patchFiles();
  patchStatements();
  syncBuiltinESMExports();
}
