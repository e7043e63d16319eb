import { type Clock, systemClock } from './clock.ts';

/** Between two looks at the processor. */
const LOOK_EVERY_MS = 1000;
const SHORTEST_SLEEP_MS = 10_000;
/** Work takes more of a processor than this; what still ran before the machine slept, and once it had woken, takes less. */
const MOST_BUSY = 0.05;

/**
 * A clock that stands still while the machine sleeps or the process is halted, as others do on some systems only: time left and
 * speed are those of work. Such a time is one in which nobody looked at the clock and the processor did nothing for this process.
 *
 * @param cpuMs processor time of this process, milliseconds
 * @param shortestMs a shorter pause is one of the work itself, such as a slow disk
 */
export function leaveOutSleep(clock: Clock, cpuMs: () => number = readCpuMs, shortestMs = SHORTEST_SLEEP_MS): Clock {
  let [seenMs, busyMs] = [clock.elapsedMs(), cpuMs()];
  let asleepMs = 0;
  return {
    now: () => clock.now(),
    elapsedMs() {
      const nowMs = clock.elapsedMs();
      const passedMs = nowMs - seenMs;
      if (passedMs >= LOOK_EVERY_MS) {
        const busyNowMs = cpuMs();
        if (passedMs >= shortestMs && busyNowMs - busyMs < MOST_BUSY * passedMs) asleepMs += passedMs;
        [seenMs, busyMs] = [nowMs, busyNowMs];
      }
      return nowMs - asleepMs;
    },
  };
}

function readCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The clock by which runs measure their work, begun when it is first read. */
export const workingClock: Clock = {
  now: () => systemClock.now(),
  elapsedMs: () => openWorkingClock().elapsedMs(),
};

let opened: Clock | null = null;
function openWorkingClock(): Clock {
  if (opened) return opened;
  const clock = leaveOutSleep(systemClock);
  // While a run waits for a child or a graphics card, somebody looks.
  setInterval(() => clock.elapsedMs(), LOOK_EVERY_MS).unref();
  opened = clock;
  return clock;
}
