import { expect, it } from 'vitest';
import { runProbe } from '../../../../electron/engine/run/doctor/run-probe.ts';

it('a probe in a thread, as inside Electron, tells what it found of a back end, and its speed', async () => {
  const request = { what: 'backend', name: 'simd', threads: 1 } as const;
  const { signal } = new AbortController();
  const { messages, failure } = await runProbe(request, { signal, limitMs: 150_000, place: 'thread' });
  expect(failure).toBeNull();
  expect(messages.map(({ type }) => type)).toEqual(['found', 'timed']);
});
