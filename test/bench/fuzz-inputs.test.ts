import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyEdits, applyTreeEdits } from '../../bench/fuzz/edits.ts';
import { READERS } from '../../bench/fuzz/readers.ts';
import { changes, drawChanges, tryCase } from '../../bench/fuzz/try-case.ts';
import { startCompute, stopCompute } from '../../electron/engine/compute/index.ts';
import { DecantError } from '../../electron/engine/core/errors.ts';

beforeAll(async () => {
  await startCompute({ backend: 'cpu' });
});
afterAll(stopCompute);

/** Of readers that start a runtime for every file. */
const SLOW: Readonly<Record<string, number>> = { tflite: 25, tfjs: 25, coreml: 25 };

describe('a changed file or message is read rightly or refused in one sentence:', () => {
  it.each(READERS.map((reader) => [reader.name, reader] as const))(
    '%s',
    async (name, reader) => {
      const folder = mkdtempSync(join(tmpdir(), 'decant-fuzz-'));
      try {
        const samples = await reader.samples();
        const kinds = new Set<string>();
        await fc.assert(
          fc.asyncProperty(changes, async (made) => {
            const outcome = await tryCase(reader, samples, made, folder);
            kinds.add(outcome.kind);
            expect(outcome).not.toHaveProperty('problem');
          }),
          { seed: 1, numRuns: SLOW[name] ?? 200 },
        );
        expect([...kinds].sort()).toEqual(['read', 'refused']);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    60_000,
  );
});

describe('what is tried', () => {
  it('follows from its number', () => {
    expect(drawChanges(7)).toEqual(drawChanges(7));
    expect(drawChanges(7)).not.toEqual(drawChanges(8));
  });

  it('are changed bytes and trees; what they are made of stays', () => {
    const bytes = Buffer.from('abcdefgh 12 ijk');
    const at = { byte: 2 };
    expect(applyEdits(bytes, [{ kind: 'cut', at }]).toString()).toBe('ab');
    expect(applyEdits(bytes, [{ kind: 'remove', at, length: 3 }]).toString()).toBe('abfgh 12 ijk');
    expect(applyEdits(bytes, [{ kind: 'digits', at, text: '1e9' }]).toString()).toBe('abcdefgh 1e9 ijk');
    expect(applyEdits(bytes, [{ kind: 'repeat', at, length: 1, times: 3 }]).toString()).toBe('abccccdefgh 12 ijk');
    expect(bytes.toString()).toBe('abcdefgh 12 ijk');
    const tree = { a: [1, 2], b: { c: 3 } };
    expect(applyTreeEdits(tree, [{ steps: [1, 0], change: { kind: 'replace', value: 'x' } }])).toEqual({
      a: [1, 2],
      b: { c: 'x' },
    });
    expect(applyTreeEdits(tree, [{ steps: [0, 1], change: { kind: 'delete' } }])).toEqual({ a: [1], b: { c: 3 } });
    expect(tree).toEqual({ a: [1, 2], b: { c: 3 } });
  });

  const read = (act: () => void) =>
    tryCase(
      { name: 'planted', samples: async () => [], read: async () => act() },
      [{ bytes: Buffer.from('abc') }],
      { sample: 0, tree: null, bytes: [] },
      mkdtempSync(join(tmpdir(), 'decant-fuzz-')),
    );

  it.each<[string, () => void, object]>([
    [
      'an unforeseen error',
      () => {
        throw new TypeError('x is undefined');
      },
      { kind: 'fault' },
    ],
    [
      'a message of two lines',
      () => {
        throw new DecantError('usage.invalid', 'a\nb');
      },
      { kind: 'fault' },
    ],
    [
      'a sentence',
      () => {
        throw new DecantError('usage.invalid', 'No; do this.');
      },
      { kind: 'refused' },
    ],
    ['nothing', () => undefined, { kind: 'read' }],
  ])('%s is told', async (_, act, outcome) => {
    expect(await read(act)).toMatchObject(outcome);
  });
});
