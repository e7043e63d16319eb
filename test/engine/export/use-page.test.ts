import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXPORTERS } from '../../../electron/engine/export/index.ts';
import { writeUsePage } from '../../../electron/engine/export/use-page/write-use-page.ts';
import { referenceLogits } from '../../helpers/reference-forward.ts';
import { drawPixels, drawRequest, normalize } from './samples.ts';

const PYTHON = '/usr/bin/python3';
const classes = ['plain', 'Ä 🌷 花', 'with "quotes" and \\', 'costs $name', 'line\nbreak'];
const request = { ...drawRequest({ inputSize: 24 }), classes };
const facts = { file: 'student.onnx', height: 24, width: 24, classes, precision: 'fp32' as const };
const many = { ...facts, classes: Array.from({ length: 100 }, (_, i) => `class ${i}`) };
const integers = { ...facts, precision: 'int8-only' as const };
const snippets = Object.values(EXPORTERS).flatMap((exporter) =>
  [facts, many, ...(exporter === EXPORTERS.tflite ? [integers] : [])].flatMap((given) =>
    exporter
      .snippets(given)
      .map(
        (snippet) =>
          [`${exporter.format} ${given.precision}, ${snippet.title}, ${given.classes.length}`, snippet] as const,
      ),
  ),
);

let folder = '';
beforeAll(async () => {
  // Inside of the repository, so that packages are found.
  folder = await mkdtemp(fileURLToPath(new URL('../../../node_modules/.use-page-', import.meta.url)));
});
afterAll(() => rm(folder, { recursive: true }));

describe('every program', () => {
  test.each(snippets.filter(([, { title }]) => title.startsWith('JavaScript')))(
    '%s is JavaScript',
    async (_, { code }) => {
      const path = join(folder, 'check.mjs');
      await writeFile(path, code);
      execFileSync(process.execPath, ['--check', path], { stdio: 'pipe' });
    },
  );

  test.skipIf(!existsSync(PYTHON)).each(snippets.filter(([, { title }]) => title.startsWith('Python')))(
    '%s is Python (skipped without Python)',
    async (_, { code }) => {
      const path = join(folder, 'check.py');
      await writeFile(path, code);
      execFileSync(PYTHON, ['-c', 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read())', path], {
        stdio: 'pipe',
      });
    },
  );

  test.each(snippets)('%s: brackets close, names and shapes are there', (_, { code }) => {
    const bare = code.replace(/"(\\.|[^"\\\n])*"/g, '').replace(/'(\\.|[^'\\\n])*'/g, '');
    for (const [open, close] of ['()', '[]', '{}'] as const)
      expect(bare.split(open!).length, open).toBe(bare.split(close!).length);
    expect(code).toContain('image');
    expect(code).toMatch(/logits|classLabel|VNClassificationObservation/);
    expect(code).toMatch(/24, 24/);
    expect(code).not.toMatch(/undefined|NaN|\[object/);
  });
});

test('each exporter has one; the phones get Kotlin and Swift', () => {
  const titles = (format: keyof typeof EXPORTERS) => EXPORTERS[format].snippets(facts).map(({ title }) => title);
  for (const format of ['tflite', 'onnx'] as const)
    expect(titles(format)).toEqual(['Kotlin (Android)', 'Swift (iOS)', expect.stringMatching(/^JavaScript/), 'Python']);
  expect(titles('tfjs')).toEqual(['JavaScript (browser)']);
  expect(titles('coreml')).toEqual([
    expect.stringMatching(/^Swift with Vision/),
    expect.stringMatching(/^Swift with a CVPixelBuffer/),
    'Python (macOS)',
  ]);
  // LiteRT for JavaScript passes no 8-bit integers.
  const whole = EXPORTERS.tflite.snippets(integers);
  expect(whole.map(({ title }) => title)).toEqual(['Kotlin (Android)', 'Swift (iOS)', 'Python']);
  for (const { code } of whole) expect(code).toMatch(/- 128/);
});

test('labels are written as each language reads them', () => {
  const codes = Object.fromEntries(
    EXPORTERS.onnx.snippets(facts).map(({ title, code }) => [title.split(' ')[0], code]),
  );
  expect(codes.Kotlin).toContain(
    String.raw`listOf("plain", "Ä 🌷 花", "with \"quotes\" and \\", "costs \$name", "line break")`,
  );
  expect(codes.Swift).toContain(
    String.raw`["plain", "Ä 🌷 花", "with \"quotes\" and \\", "costs $name", "line break"]`,
  );
  expect(codes.Python).toContain(
    String.raw`["plain", "Ä 🌷 花", "with \"quotes\" and \\", "costs $name", "line break"]`,
  );
});

test('the program for Node.js names the class that the network chooses', async () => {
  const pixels = drawPixels(request.network, 1, 'use');
  const logits = referenceLogits(request.network, request.weights, normalize(pixels));
  const best = logits.indexOf(Math.max(...logits));
  await sharp(pixels, { raw: { width: 24, height: 24, channels: 3 } })
    .png()
    .toFile(join(folder, 'image.png'));
  await writeFile(join(folder, 'student.onnx'), EXPORTERS.onnx.write(request));
  const { code } = EXPORTERS.onnx.snippets(facts).find(({ title }) => title.startsWith('JavaScript'))!;
  await writeFile(join(folder, 'use.mjs'), code);
  const { stdout } = await promisify(execFile)(process.execPath, ['use.mjs', 'image.png'], { cwd: folder });
  expect(stdout.trim()).toBe(classes[best]!.replace('\n', ' '));
});

test('the page says what the file is, and nothing in it is taken for markup', () => {
  const bytes = EXPORTERS.onnx.write({ ...request, classes: ['<b>', '&', '"', "'", 'x'] });
  const description = EXPORTERS.onnx.describe(bytes);
  const page = writeUsePage({
    file: 'my <file>.onnx',
    format: 'onnx',
    precision: 'fp32',
    sizeBytes: bytes.length,
    sha256: 'ab'.repeat(32),
    description,
    verification: { images: 7, maxAbsDifference: 1e-6, range: 9, top1Agreement: 1, runtime: 'a runtime', caveat: null },
    snippets: EXPORTERS.onnx.snippets({ ...facts, classes: description.classes }),
  });
  expect(page).toContain('How to use my &lt;file&gt;.onnx');
  expect(page).toContain('<li>&lt;b&gt;</li>');
  expect(page).not.toContain('<b>');
  expect(page).toContain('ab'.repeat(32));
  expect(page).toContain('verified by a runtime on 7 images');
  expect(page).not.toMatch(/(?:src|href)=/);
});

test('the page of a file that its runtime has not seen says so', () => {
  const bytes = EXPORTERS.coreml.write(request);
  const page = writeUsePage({
    file: 'my.mlpackage.zip',
    format: 'coreml',
    precision: 'fp32',
    sizeBytes: bytes.length,
    sha256: 'ab'.repeat(32),
    description: EXPORTERS.coreml.describe(bytes),
    verification: { images: 7, maxAbsDifference: 1e-6, range: 9, top1Agreement: 1, runtime: 'ours', caveat: null },
    output: EXPORTERS.coreml.output,
    snippets: EXPORTERS.coreml.snippets({ ...facts, file: 'my.mlpackage.zip' }),
  });
  expect(page).toContain('checked by its structure and by Decant’s own interpreter on 7 images, not by Core ML itself');
  expect(page).not.toContain('verified by');
  expect(page).toContain('the most likely class (classLabel)');
});
