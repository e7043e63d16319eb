import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { listLeftovers } from '../../../bench/kill-trials.ts';
import type { Report } from '../../../shared/run/report.ts';
import { makeTree } from '../../engine/data/make-images.ts';
import { hashFiles } from '../folders.ts';
import { decant } from '../real-cli.ts';
import { breakFile, openPlace, resume, runFile, shorten, useWorld, world } from './world.ts';

useWorld();

describe('odd input that is fine', () => {
  const LONG = 'ü'.repeat(125); // 250 bytes; with ".png" nearly all that a file system allows.
  const CLASSES = [
    '__proto__',
    '<img src=x onerror=alert(1)>',
    'up....',
    'two\nlines',
    'Straße 猫 🦊',
    LONG,
    'constructor',
  ];
  const noise = (size: number, seed: number) =>
    sharp(Buffer.from(Array.from({ length: size * size * 3 }, (_, i) => (i * 7 + seed * 31) % 256)), {
      raw: { width: size, height: size, channels: 3 },
    });
  const frames = (seed: number) =>
    sharp(
      [0, 1, 2].map((n) => ({
        create: { width: 20, height: 20, channels: 3, background: { r: seed, g: n * 90, b: 9 } },
      })) as never,
      {
        join: { animated: true },
      },
    );

  it('16-bit, CMYK and animated images; names of 250 bytes, of markup, of two lines', async () => {
    const place = openPlace();
    const files: Record<string, Uint8Array | number> = {};
    for (const [label, name] of CLASSES.entries())
      for (let i = 0; i < 8; i++) files[`${name}/${i === 3 ? LONG : i}.png`] = 100 * label + i;
    for (let i = 0; i < 3; i++) {
      files[`__proto__/deep${i}.png`] = await noise(24, i).toColourspace('rgb16').png().toBuffer();
      files[`__proto__/print${i}.jpg`] = await noise(24, i).toColourspace('cmyk').jpeg().toBuffer();
      files[`constructor/moves${i}.gif`] = await frames(i).gif().toBuffer();
      files[`constructor/moves${i}.webp`] = await frames(i).webp().toBuffer();
    }
    const dataset = await makeTree(files);
    const out = join(place.folder, 'odd <out> 🦊');
    const home = ['--home', place.home];
    const result = await decant(['compress', dataset, '--recipe', place.recipe, '--out', out, '--json', ...home]);
    expect(result.stderr).not.toMatch(/warning|decant:/);
    expect(result.status).toBe(0);
    const report = JSON.parse(result.stdout) as Report; // Printed by the engine, from a checked report.
    expect(report.dataset.broken).toBe(0);
    expect(new Set(report.dataset.classes)).toEqual(new Set(CLASSES.map((name) => name.normalize('NFC'))));
    expect(readFileSync(join(out, 'report.html'), 'utf8')).not.toContain('<img src=x');
    const evaluated = await decant(['evaluate', join(out, 'student.onnx'), dataset, '--json', ...home]);
    expect(evaluated.stderr).toBe('');
    expect((JSON.parse(evaluated.stdout) as { images: number }).images).toBe(Object.keys(files).length);
    expect((await decant(['inspect', dataset, ...home])).stdout).not.toMatch(/two\nlines/);
    expect(listLeftovers(place.folder)).toEqual([]);
    rmSync(place.folder, { recursive: true });
  });

  it('one damaged checkpoint: the other is used, with a warning', async () => {
    const place = openPlace();
    breakFile(runFile(place, 'checkpoint-a'), shorten);
    const result = await decant([...resume(place), '--home', place.home]);
    expect(result.stderr).toMatch(
      /\nwarning: .*checkpoint-a.* cannot be used: it has \d+ bytes instead of \d+;.* The other checkpoint is used instead\.\n/,
    );
    expect(result.status).toBe(0);
    rmSync(place.folder, { recursive: true });
  });

  it('a moved dataset, named when its run is resumed', async () => {
    const place = openPlace();
    cpSync(place.pictures, join(place.folder, 'moved'), { recursive: true });
    const result = await decant([
      'compress',
      join(place.folder, 'moved'),
      '--resume',
      place.stopped,
      '--home',
      place.home,
    ]);
    expect(result.status).toBe(0);
    rmSync(place.folder, { recursive: true });
  });

  it('a finished run, resumed: its report again', async () => {
    const place = openPlace();
    const again = join(place.folder, 'again');
    const result = await decant([
      'compress',
      '--resume',
      place.finished,
      '--json',
      '--out',
      again,
      '--home',
      place.home,
    ]);
    expect(result.status).toBe(0);
    expect(JSON.parse(result.stdout)).toEqual(JSON.parse(readFileSync(join(world.out, 'report.json'), 'utf8')));
    expect(hashFiles(again)).toEqual(hashFiles(world.out));
    rmSync(place.folder, { recursive: true });
  });
});
