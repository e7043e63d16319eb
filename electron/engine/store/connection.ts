import type Database from 'better-sqlite3';

/** A connection on which only reads are allowed by type; a writable one can stand in for it. */
export type ReadableDb = Database.Database & { readonly __access: 'read' | 'write' };
export type WritableDb = Database.Database & { readonly __access: 'write' };
