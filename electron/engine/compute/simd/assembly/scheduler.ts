// Hands the tasks of one job out to the threads.
//
// A job is an operation, a number of tasks and parameters. `TICKET` holds the job's number in its upper and the tasks
// not yet taken in its lower half; a thread takes one by compare-and-swap, so that a thread which wakes up late
// can never take a task of a job that is over. Which thread computes a task is left to chance; what a task computes
// depends on shapes alone, so that results do not depend on the number of threads.

import { runTask } from './operations';

// Each on a cache line of its own.
const TICKET: usize = 64;
const DONE: usize = 128;
const WAKE: usize = 192;
const SLEEPERS: usize = 256;
const MAIN_WAITS: usize = 320;
const STOP: usize = 384;
const JOB: usize = 448; // operation, number of tasks, whether from the last
const PARAMETERS: usize = 512;
/** Where JavaScript writes the parameters of the next job while the last one may still be computing. */
const STAGED: usize = 3584;
const PARAMETER_BYTES: usize = 512;

/** Jobs of so many tasks alternate between handing them out from the first and from the last. */
const MANY_TASKS: i32 = 8;

/** Number of this thread; 0 is the one that posts jobs. */
export let threadIndex: i32 = 0;
let threads: i32 = 1;
let job: i64 = 0;
let backwards: i32 = 0;
/** Number of tasks of the job that was posted and not finished yet. */
let pending: i32 = 0;

// Waking a thread that sleeps takes longer than what lies between two kernels of a training step.
const WORKER_SPINS: i32 = 200_000;
const MAIN_SPINS: i32 = 100_000;
const MAIN_WAIT_NS: i64 = 2_000_000;

/** The integer parameter in slot `index`. */
// @ts-ignore: decorator
@inline export function integer(index: i32): i32 {
  return load<i32>(PARAMETERS + ((<usize>index) << 2));
}

/** The address in slot `index`. */
// @ts-ignore: decorator
@inline export function address(index: i32): usize {
  return load<usize>(PARAMETERS + ((<usize>index) << 2));
}

/** The number in slot `index`. */
// @ts-ignore: decorator
@inline export function number(index: i32): f32 {
  return load<f32>(PARAMETERS + ((<usize>index) << 2));
}

export function initialize(index: i32, count: i32): void {
  threadIndex = index;
  threads = count;
}

/**
 * Hands out all tasks of an operation, with the parameters that are staged, once those of the last one are done. The
 * workers begin at once; the caller goes on, and helps in `finish`. Large jobs go over their tasks in turn forwards and
 * backwards: what the last one left in the caches is often what the next one reads.
 */
export function post(operation: i32, tasks: i32): void {
  finish();
  memory.copy(PARAMETERS, STAGED, PARAMETER_BYTES);
  if (tasks >= MANY_TASKS) backwards ^= 1;
  if (threads == 1) {
    for (let task = 0; task < tasks; task++) runTask(operation, backwards ? tasks - 1 - task : task);
    return;
  }
  if (tasks <= 0) return;
  store<i32>(JOB, operation);
  store<i32>(JOB + 4, tasks);
  store<i32>(JOB + 8, backwards);
  atomic.store<i32>(DONE, 0);
  job++;
  atomic.store<i64>(TICKET, (job << 32) | <i64>tasks);
  if (atomic.load<i32>(SLEEPERS) > 0) {
    atomic.add<i32>(WAKE, 1);
    atomic.notify(WAKE, threads);
  }
  pending = tasks;
}

/** Takes part in the job that was posted last, and returns when all of it is done. */
export function finish(): void {
  if (pending == 0) return;
  takeTasks();
  let spins = 0;
  while (atomic.load<i32>(DONE) != pending) {
    if (++spins < MAIN_SPINS) continue;
    // Another process has the worker's core: do not keep it from getting it back.
    atomic.store<i32>(MAIN_WAITS, 1);
    const done = atomic.load<i32>(DONE);
    if (done != pending) atomic.wait<i32>(DONE, done, MAIN_WAIT_NS);
    atomic.store<i32>(MAIN_WAITS, 0);
  }
  pending = 0;
}

/** Runs all tasks of an operation on all threads; returns when all are done. */
export function dispatch(operation: i32, tasks: i32): void {
  post(operation, tasks);
  finish();
}

function takeTasks(): void {
  for (;;) {
    const ticket = atomic.load<i64>(TICKET);
    const left = <i32>(ticket & 0xffffffff);
    if (left == 0) return;
    if (atomic.cmpxchg<i64>(TICKET, ticket, ticket - 1) != ticket) continue;
    runTask(load<i32>(JOB), load<i32>(JOB + 8) != 0 ? left - 1 : load<i32>(JOB + 4) - left);
    atomic.add<i32>(DONE, 1);
    if (threadIndex != 0 && atomic.load<i32>(MAIN_WAITS) != 0) atomic.notify(DONE, 1);
  }
}

/** A worker's life: takes tasks, spins shortly when there are none, then sleeps; returns after `stop`. */
export function work(): void {
  for (;;) {
    takeTasks();
    let spins = 0;
    while (<i32>(atomic.load<i64>(TICKET) & 0xffffffff) == 0 && ++spins < WORKER_SPINS) {}
    if (spins < WORKER_SPINS) continue;
    atomic.add<i32>(SLEEPERS, 1);
    const seen = atomic.load<i32>(WAKE);
    if (atomic.load<i32>(STOP) != 0) return;
    if (<i32>(atomic.load<i64>(TICKET) & 0xffffffff) == 0) atomic.wait<i32>(WAKE, seen, -1);
    atomic.sub<i32>(SLEEPERS, 1);
  }
}

export function stop(): void {
  atomic.store<i32>(STOP, 1);
  atomic.add<i32>(WAKE, 1);
  atomic.notify(WAKE, threads);
}
