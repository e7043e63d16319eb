import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Classifier } from '../../../../../electron/engine/run/workbench/classification/classifier.ts';
import { openWorkbench } from '../../../../../electron/engine/run/workbench/workbench.ts';
import { toStoredText } from '../../../../../electron/engine/store/stored-json.ts';
import { classifyRequests } from '../../../../../shared/ipc/topics/classify.ts';
import { reportSchema } from '../../../../../shared/run/report.ts';
import { REPORT_FORM } from '../../../../../shared/stored/run-forms.ts';
import { makeTinyRun, type TinyRun } from '../../tiny-run.ts';

let tiny: TinyRun;
let classifier: Classifier;
beforeAll(async () => {
  tiny = await makeTinyRun();
  classifier = await tiny.workbench.classifier();
}, 120_000);
afterAll(() => tiny.remove());

it('says of a test image what the run said of it when it was measured', async () => {
  const { run } = tiny.report;
  const comparison = await tiny.workbench.comparison();
  const { images, classes } = await comparison.readPredictions({
    run,
    model: 'student',
    label: null,
    guess: null,
    wrongOnly: false,
    offset: 0,
    limit: 200,
  });
  const { calibration } = tiny.report;
  for (const image of images.filter((_, i) => i % 5 === 0)) {
    const answer = await classifier.classify({ run, bytes: readFileSync(join(tiny.dataset, image.path)) });
    expect(classifyRequests['classify.image'].result.parse(answer)).toEqual(answer);
    expect(answer.opinions.map(({ role }) => role)).toEqual(['teacher', 'student']);
    expect(answer.opinions.some(({ unlike }) => unlike === true)).toBe(image.unlike);
    for (const { role, top, temperature, latencyMs, runtime } of answer.opinions) {
      expect(temperature).toBe(calibration[role]!.temperature);
      for (const [i, { label, probability }] of image[role].entries()) {
        expect(top[i]!.name).toBe(classes[label]);
        expect(top[i]!.probability).toBeCloseTo(probability, 4);
      }
      expect(latencyMs.p95).toBeGreaterThanOrEqual(latencyMs.p50);
      expect(latencyMs.p50).toBeGreaterThan(0);
      expect(runtime).toMatch(/^onnxruntime-node [\d.]+, CPU, 1 thread, 20 runs$/);
    }
  }
});

it('takes an image of any format and size, and several at once', async () => {
  const picture = sharp({
    create: { width: 300, height: 90, channels: 4, background: { r: 200, g: 10, b: 90, alpha: 0.5 } },
  });
  const files = [
    await picture.clone().webp().toBuffer(),
    await picture.clone().png().toBuffer(),
    await picture.clone().gif().toBuffer(),
  ];
  const answers = await Promise.all(files.map((bytes) => classifier.classify({ run: tiny.report.run, bytes })));
  for (const { opinions } of answers)
    for (const { top } of opinions) {
      expect(top).toHaveLength(3);
      expect(top.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    }
});

it.each<[string, Uint8Array<ArrayBuffer>]>([
  ['nothing', new Uint8Array()],
  ['a text', new TextEncoder().encode('hello, this is no image')],
  ['a JPEG cut short', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16)],
])('%s is refused with one sentence', async (_name, bytes) => {
  await expect(classifier.classify({ run: tiny.report.run, bytes })).rejects.toMatchObject({
    code: 'image.unreadable',
    message: expect.stringMatching(/^The file cannot be classified: it .*; choose a JPEG, PNG, WebP or GIF image\.$/),
  });
});

it('no run of that id is said as that', async () => {
  await expect(async () => classifier.classify({ run: 'nothing0', bytes: new Uint8Array() })).rejects.toMatchObject({
    code: 'run.unknown',
  });
});

it('says of an older run that it is not calibrated, and nothing of likeness', async () => {
  const { db } = tiny.store;
  const { run } = tiny.report;
  const bytes = await sharp({ create: { width: 32, height: 32, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  const [now] = (await classifier.classify({ run, bytes })).opinions;
  // A copy of it, as an earlier version left it.
  const { calibration: _, unlike: __, ...older } = tiny.report;
  db.prepare('DELETE FROM artifacts WHERE run = ? AND name = ?').run(run, 'likeness.safetensors');
  db.prepare('UPDATE runs SET report = ? WHERE id = ?').run(toStoredText(REPORT_FORM, reportSchema.parse(older)), run);
  const again = await openWorkbench(tiny.store).classifier();
  try {
    const [then] = (await again.classify({ run, bytes })).opinions;
    expect(then).toMatchObject({ temperature: null, unlike: null });
    const ratio = (opinion: typeof then) => Math.log(opinion!.top[0]!.probability / opinion!.top[1]!.probability);
    expect(ratio(now)).toBeCloseTo(ratio(then) / now!.temperature!, 3);
  } finally {
    await again.close();
  }
});
