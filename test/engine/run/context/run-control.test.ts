import { expect, it } from 'vitest';
import { RunControl } from '../../../../electron/engine/run/context/run-control.ts';

function openControl() {
  const time = { ms: 0 };
  const control = new RunControl({ now: () => time.ms, elapsedMs: () => time.ms });
  /** Whether a step would be taken now. */
  const passes = async (signal = new AbortController().signal) => {
    let passed = false;
    void control.pass(signal).then(() => {
      passed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    return passed;
  };
  return { time, control, passes };
}

it('holds steps until it is released', async () => {
  const { control, passes } = openControl();
  expect(await passes()).toBe(true);
  control.hold();
  expect(await passes()).toBe(false);
  control.release();
  expect(await passes()).toBe(true);
});

it('lets go for a stop and for an early end', async () => {
  const { control, passes } = openControl();
  const stop = new AbortController();
  control.hold();
  const held = control.pass(stop.signal);
  stop.abort();
  await held;
  expect(await passes(stop.signal)).toBe(true);
  control.hold();
  control.finishEarly();
  expect(control.finishesEarly).toBe(true);
  expect(await passes()).toBe(true);
});

it('has a clock that stands still while it holds', () => {
  const { time, control } = openControl();
  time.ms = 100;
  control.hold();
  time.ms = 5000;
  control.hold();
  expect(control.clock.elapsedMs()).toBe(100);
  control.release();
  time.ms = 5020;
  expect(control.clock.elapsedMs()).toBe(120);
  expect(control.clock.now()).toBe(5020);
});
