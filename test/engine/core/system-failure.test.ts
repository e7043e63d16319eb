import { afterAll, describe, expect, it } from 'vitest';
import { DecantError } from '../../../electron/engine/core/errors.ts';
import { describeSystemFailure } from '../../../electron/engine/core/system-failure.ts';
import { toFailure } from '../../../electron/engine/core/tasks/failure.ts';
import { openThread } from '../../../electron/engine/core/tasks/task-client.ts';
import type { SomeTasks } from './tasks/some-tasks.ts';

describe('failures of the machine', () => {
  const script = new URL('./tasks/some-tasks.ts', import.meta.url);
  const thread = openThread<SomeTasks>(script, { name: 'some', limits: { maxOldGenerationSizeMb: 30 } });
  afterAll(() => thread.close());

  it('say so in one sentence where memory is full: for a buffer, which the thread survives, and for objects, which end it', async () => {
    await expect(thread.ask('exhaust', { what: 'buffers' })).rejects.toMatchObject({ code: 'memory.full' });
    const ended = (await thread.ask('exhaust', { what: 'objects' }).catch((error: unknown) => error)) as Error;
    expect(toFailure(ended.cause)).toMatchObject({ code: 'memory.full' });
  });

  it.each([
    ['a memory of WebAssembly', new RangeError('WebAssembly.Memory(): could not allocate memory')],
    ['Node', Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' })],
    ['ONNX Runtime', new Error('Non-zero status code returned while running Conv node. std::bad_alloc')],
  ])('know a full memory by what says it: %s', (_, error) => {
    expect(describeSystemFailure(error)).toMatchObject({ code: 'memory.full', cause: error });
  });

  it('turn errors of files into sentences about them, and pass on what they do not know', () => {
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write', path: '/a' });
    expect(describeSystemFailure(full)).toMatchObject({ code: 'disk.full' });
    const known = new DecantError('compute.memory', 'Cannot allocate memory.');
    expect(describeSystemFailure(known)).toBe(known);
    const unknown = new TypeError('x is undefined');
    expect(describeSystemFailure(unknown)).toBe(unknown);
  });
});
