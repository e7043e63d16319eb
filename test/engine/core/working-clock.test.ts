import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { leaveOutSleep } from '../../../electron/engine/core/working-clock.ts';

const HOUR_MS = 3_600_000;

function open() {
  const time = { ms: 1000, cpuMs: 0 };
  const clock = leaveOutSleep({ now: () => 7, elapsedMs: () => time.ms }, () => time.cpuMs);
  const begun = clock.elapsedMs();
  return { time, clock, read: () => clock.elapsedMs() - begun };
}

it('stands still while the machine sleeps', () => {
  const { time, clock, read } = open();
  time.ms += 4000;
  time.cpuMs += 4000;
  expect(read()).toBe(4000);
  time.ms += 8 * HOUR_MS;
  time.cpuMs += 300;
  expect(read()).toBe(4000);
  time.ms += 500;
  expect(read()).toBe(4500);
  expect(clock.now()).toBe(7);
});

it('counts a long step, a short wait, and a wait in which somebody looks', () => {
  const { time, read } = open();
  time.ms += HOUR_MS;
  time.cpuMs += 0.5 * HOUR_MS;
  expect(read()).toBe(HOUR_MS);
  time.ms += 9000;
  expect(read()).toBe(HOUR_MS + 9000);
  for (let second = 0; second < 60; second++) {
    time.ms += 1000;
    read();
  }
  expect(read()).toBe(HOUR_MS + 69_000);
});

it.skipIf(process.platform === 'win32')(
  'leaves out the time in which a process is halted',
  async () => {
    const core = new URL('../../../electron/engine/core/', import.meta.url).href;
    const script = `
      import { systemClock } from '${core}clock.ts';
      import { leaveOutSleep } from '${core}working-clock.ts';
      const clock = leaveOutSleep(systemClock, undefined, 1500);
      setInterval(() => clock.elapsedMs(), 200);
      const [begun, beganAt] = [clock.elapsedMs(), performance.now()];
      process.on('message', () => process.send([clock.elapsedMs() - begun, performance.now() - beganAt]));
      process.send('ready');
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    try {
      await once(child, 'message');
      child.kill('SIGSTOP');
      await sleep(3000);
      child.kill('SIGCONT');
      child.send('read');
      const [[workedMs, passedMs]] = (await once(child, 'message')) as [[number, number]]; // The script sends two numbers.
      expect(passedMs).toBeGreaterThan(3000);
      expect(workedMs).toBeLessThan(passedMs - 2500);
    } finally {
      child.kill('SIGKILL');
    }
  },
  30_000,
);
