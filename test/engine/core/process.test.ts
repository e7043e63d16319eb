import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { isProcessAlive } from '../../../electron/engine/core/process.ts';

it('tells living processes from dead ones and from what is no process', () => {
  const dead = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
  expect([process.pid, process.ppid, dead, 0, -1, Number.NaN].map(isProcessAlive)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
