/**
 * Images are decoded in libuv's threads, of which a process has four unless told before the first is needed. Import it
 * first. (Windows reads the variable when the process starts, and keeps its four.)
 */
import { availableParallelism } from 'node:os';

const USUAL = 4;

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(USUAL, availableParallelism()));
