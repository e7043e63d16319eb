import { readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AnswerCacheOptions, AnswerKey } from '../../../electron/engine/teacher/answer-cache.ts';
import { AnswerCache, type AnswerDecision, type TeacherAnswer } from '../../../electron/engine/teacher/index.ts';
import { makeFolder } from '../data/make-images.ts';

const IMAGES = 10;
const SHAPE = [2, 1, 3];
/** Checksum, three logits, a map of six numbers, an embedding of two. */
const ROW = 4 * (1 + 3 + 6 + 2);

/** An answer whose numbers tell what was asked: 100 times the view and 1 for each image. */
function answerTo({ view, indices }: AnswerKey): TeacherAnswer {
  const from = view === 'plain' ? 0.5 : 100 * view;
  const numbers = (length: number) =>
    Float32Array.from({ length: indices.length * length }, (_, i) => from + indices[Math.floor(i / length)]! + i / 7);
  const size = indices.length;
  return {
    logits: numbers(3),
    taps: new Map([['block', { shape: [size, ...SHAPE], values: numbers(6) }]]),
    embedding: { shape: [size, 2], values: numbers(2) },
  };
}

/** A cache, and what was asked because it did not know: an image and its view a line. */
function openCache(folder: string, options: Partial<AnswerCacheOptions> = {}) {
  const asked: string[] = [];
  const decisions: AnswerDecision[] = [];
  const cache = new AnswerCache({
    folder,
    limitBytes: 1e6,
    images: IMAGES,
    identity: 'teacher',
    augmentation: 'crops',
    onDecided: (decision) => decisions.push(decision),
    ...options,
  });
  const answer = (view: AnswerKey['view'], ...images: number[]) =>
    cache.answer({ view, indices: Int32Array.from(images) }, async (places) => {
      const indices = Int32Array.from(places, (place) => images[place]!);
      asked.push(...Array.from(indices, (index) => `${view} ${index}`));
      // What a row holds may not depend on its place in a batch.
      return answerRows(view, indices);
    });
  return { cache, asked, decisions, answer };
}

/** Answers, each image's by itself. */
function answerRows(view: AnswerKey['view'], indices: Int32Array): TeacherAnswer {
  const rows = Array.from(indices, (index) => answerTo({ view, indices: Int32Array.of(index) }));
  const join = (parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));
  const size = indices.length;
  return {
    logits: join(rows.map(({ logits }) => logits)),
    taps: new Map([
      ['block', { shape: [size, ...SHAPE], values: join(rows.map(({ taps }) => taps.get('block')!.values)) }],
    ]),
    embedding: { shape: [size, 2], values: join(rows.map(({ embedding }) => embedding!.values)) },
  };
}

const filesIn = (folder: string, ending = '.pixels') =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

test('an image and view are asked about once, whatever batches they come in, and by whichever run', async () => {
  const folder = makeFolder();
  const first = openCache(folder);
  const wanted = answerRows(2, Int32Array.of(3, 1, 9));
  expect(await first.answer(2, 3, 1, 9)).toEqual(wanted);
  expect(await first.answer(2, 3, 1, 9)).toEqual(wanted);
  expect(await first.answer(2, 9, 4, 1)).toEqual(answerRows(2, Int32Array.of(9, 4, 1)));
  expect(first.asked).toEqual(['2 3', '2 1', '2 9', '2 4']);
  // A second run, while the first is still at it, and a third.
  const second = openCache(folder);
  expect(await second.answer(2, 4, 3, 9)).toEqual(answerRows(2, Int32Array.of(4, 3, 9)));
  await second.answer(2, 0);
  await first.answer(2, 0);
  await first.cache.close();
  await second.cache.close();
  const third = openCache(folder);
  expect(await third.answer(2, 1, 0)).toEqual(answerRows(2, Int32Array.of(1, 0)));
  expect([second.asked, third.asked]).toEqual([['2 0'], []]);
  expect(third.decisions).toEqual([{ viewBytes: IMAGES * ROW, limitBytes: 1e6, kept: true }]);
  await third.cache.close();
});

test('another view, augmentation, teacher or number of images has answers of its own; plain images no augmentation', async () => {
  const folder = makeFolder();
  const base = openCache(folder);
  await base.answer(0, 1);
  await base.answer('plain', 1);
  await base.answer(1, 1);
  expect(base.asked).toEqual(['0 1', 'plain 1', '1 1']);
  await base.cache.close();
  const others: [Partial<AnswerCacheOptions>, string[]][] = [
    [{ augmentation: 'flips' }, ['0 1']],
    [{ identity: 'other' }, ['0 1', 'plain 1']],
    [{ images: IMAGES + 1 }, ['0 1', 'plain 1']],
  ];
  for (const [options, expected] of others) {
    const other = openCache(folder, options);
    await other.answer(0, 1);
    await other.answer('plain', 1);
    expect(other.asked).toEqual(expected);
    await other.cache.close();
  }
});

test('what is damaged, cut short or never written is asked about again', async () => {
  const folder = makeFolder();
  const ask = async (...expected: string[]) => {
    const { cache, asked, answer } = openCache(folder);
    expect(await answer(0, 2, 5, 8)).toEqual(answerRows(0, Int32Array.of(2, 5, 8)));
    expect(asked).toEqual(expected);
    await cache.close();
  };
  await ask('0 2', '0 5', '0 8');
  const [[rows], [index]] = [filesIn(folder), filesIn(folder, '.json')] as [[string], [string]];
  expect(statSync(rows).size).toBe(IMAGES * ROW);
  const bytes = readFileSync(rows);
  bytes[5 * ROW + 9]! ^= 1;
  writeFileSync(rows, bytes);
  await ask('0 5');
  bytes.fill(0, 8 * ROW, 8 * ROW + 6);
  writeFileSync(rows, bytes);
  await ask('0 5', '0 8');
  truncateSync(rows, 5 * ROW + 3);
  await ask('0 2', '0 5', '0 8');
  writeFileSync(index, 'no JSON');
  await ask('0 2', '0 5', '0 8');
  await ask();
});

test('a view that does not fit beside what is in use is not kept, and the oldest unused answers go first', async () => {
  const folder = makeFolder();
  // For an index beside each file of rows, too.
  const limitBytes = 2 * IMAGES * ROW + 600;
  const old = openCache(folder, { identity: 'old' });
  await old.answer(0, 1);
  await old.answer(1, 1);
  await old.cache.close();
  for (const [i, file] of filesIn(folder).entries()) utimesSync(file, 1000 + i, 1000 + i);
  for (const file of filesIn(folder, '.json')) utimesSync(file, 1000, 1000);
  const [, newer] = filesIn(folder).sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  const run = openCache(folder, { limitBytes });
  await run.answer(0, 1);
  expect(filesIn(folder)).toHaveLength(2);
  expect(filesIn(folder)).toContain(newer);
  await run.answer(1, 1);
  expect(filesIn(folder)).not.toContain(newer);
  // There is no room for a third view, as long as this run uses two.
  expect(await run.answer(2, 1)).toEqual(answerRows(2, Int32Array.of(1)));
  expect(await run.answer(2, 1)).toBeNull();
  expect(await run.answer(1, 1)).not.toBeNull();
  expect(filesIn(folder)).toHaveLength(2);
  expect(run.decisions.map(({ kept }) => kept)).toEqual([true, false]);
  await run.cache.close();
  const small = openCache(folder, { limitBytes: 100, identity: 'large' });
  await small.answer(0, 1);
  expect(small.decisions).toEqual([{ viewBytes: IMAGES * ROW, limitBytes: 100, kept: false }]);
  expect(filesIn(folder)).toHaveLength(2); // Nothing goes for what has no room anyway.
  await small.cache.close();
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});
