import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Random } from '../../../../electron/engine/core/random.ts';
import { buildNetwork, encodeWeights, initializeWeights } from '../../../../electron/engine/model/index.ts';
import { resolveWeights } from '../../../../electron/engine/run/begin/resolve-weights.ts';
import { startModel } from '../../../../electron/engine/run/context/models.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { type PartialRecipe, recipeSchema } from '../../../../shared/run/recipe.ts';
import { makeTemporaryFolder } from '../../../e2e/folders.ts';
import { hashOf, startHub } from '../../catalogue/hub.ts';

const folder = makeTemporaryFolder('decant-published-');
afterAll(() => {
  delete process.env.DECANT_HUB;
  rmSync(folder, { recursive: true, force: true });
});

const events: RunEvent[] = [];
const source = {
  home: join(folder, 'home'),
  listener: (event: RunEvent) => void events.push(event),
  signal: new AbortController().signal,
};
const teacherOf = (teacher: PartialRecipe['teacher']) => recipeSchema.parse({ teacher, data: { inputSize: 32 } });
const wanted = { architecture: 'mobilenet-v2', width: 1.4, weights: 'catalogue:timm-mobilenetv2-140' } as const;

it('are downloaded for the run that names them, and serve the next one without a network', async () => {
  const network = buildNetwork({
    architecture: 'mobilenet-v2',
    width: 1.4,
    classes: 1000,
    inputSize: 32,
    stemStride: 1,
    firstStrides: [],
  });
  const content = encodeWeights(network, initializeWeights(network, new Random('published')));
  const hub = await startHub((_, response) =>
    response.writeHead(200, { 'content-length': content.length, 'x-linked-etag': `"${hashOf(content)}"` }).end(content),
  );
  process.env.DECANT_HUB = hub.address;
  const resolved = await resolveWeights(source, teacherOf(wanted));
  await hub.close();
  const path = resolved.teacher.weights!;
  expect(hashOf(await readFile(path))).toBe(hashOf(content));
  expect(
    events.some((event) => event.type === 'note.added' && /^Downloading MobileNetV2 1.4/.test(event.message)),
  ).toBe(true);
  const { weights, ready } = await startModel(resolved, 'teacher', { classes: 10, random: new Random('head') });
  expect(ready).toBe(false);
  expect(weights.get('stem/conv/weight')!.values.length).toBeGreaterThan(0);

  process.env.DECANT_HUB = 'http://127.0.0.1:1';
  expect((await resolveWeights(source, teacherOf(wanted))).teacher.weights).toBe(path);
});

it.each<[string, PartialRecipe['teacher'], string, RegExp]>([
  [
    'of another architecture',
    { weights: 'catalogue:timm-mobilenetv2-100' },
    'weights.mismatch',
    /for mobilenet-v2 with width 1, but the teacher is mobilenet-v3-large/,
  ],
  ['of another width', { ...wanted, width: 1 }, 'weights.mismatch', /with width 1.4, but .* with width 1;/],
  [
    'of an unknown name',
    { weights: 'catalogue:timm-mobilenet' },
    'weights.unknown',
    /catalogue has no weights "timm-mobilenet"; there are timm-/,
  ],
])('%s are refused before anything is downloaded', async (_, teacher, code, message) => {
  process.env.DECANT_HUB = 'http://127.0.0.1:1';
  await expect(resolveWeights(source, teacherOf(teacher))).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});
