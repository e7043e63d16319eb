import { createHash, randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { listLeftovers } from '../../../bench/kill-trials.ts';
import type { RunId } from '../../../electron/engine/core/ids.ts';
import { findArtifact, openStore, writeRunRecord } from '../../../electron/engine/store/index.ts';
import { lockRun } from '../../../electron/engine/store/run-lock.ts';
import {
  findCentralRecords,
  listImages,
  makeFolder,
  makePng,
  makePngHeader,
  makeTree,
  makeZip,
  replaceText,
} from '../../engine/data/make-images.ts';
import { decant } from '../real-cli.ts';
import { breakFile, openPlace, type Place, resume, runFile, shorten } from './world.ts';

export interface Case {
  name: string;
  args(place: Place): string[] | Promise<string[]>;
  status?: 1 | 2;
  /** What the sentence names, and what it advises. */
  says: RegExp;
  /** Whether a run had begun, so that its progress stands before the sentence. */
  began?: boolean;
  /** Why it cannot be tried here. */
  skip?: string | false;
}

const isRoot = process.getuid?.() === 0;
const cannotMount = process.platform === 'linux' && isRoot ? false : 'needs root on Linux, to mount a small disk';
const compress = (place: Place, dataset: string, ...more: string[]) => [
  'compress',
  dataset,
  ...(more.includes('--recipe') ? [] : ['--recipe', place.recipe]),
  ...more,
];
const set = (assignment: string) => (place: Place) => compress(place, place.pictures, '--set', assignment);
const recipeFile = (content: string | Uint8Array) => (place: Place) =>
  compress(place, place.pictures, '--recipe', place.write('bad recipe.json', content));
const tree = (files: Parameters<typeof makeTree>[0]) => async (place: Place) => compress(place, await makeTree(files));
const zip = (patch?: (bytes: Buffer) => Buffer) => async () => [
  'inspect',
  await makeZip(listImages({ a: 2, b: 2 }, 'set/train/'), patch),
];
/** Three classes, the last with these files alone, each thrice: as many as three splits need. */
const withLastClass = (files: Record<string, Uint8Array | string>) =>
  tree({
    ...listImages({ a: 12, b: 12 }),
    ...Object.fromEntries(
      Object.entries(files).flatMap(([name, content]) => ['a', 'b', 'c'].map((copy) => [`c/${copy}-${name}`, content])),
    ),
  });
const flipBit = (bytes: Buffer) => {
  bytes.writeUInt8(bytes[999]! ^ 1, 999);
  return bytes;
};

const DATASETS: Case[] = [
  {
    name: 'an empty folder',
    args: () => ['inspect', makeFolder()],
    says: /contains no images; put them into a folder for each class/,
  },
  { name: 'a single class', args: tree(listImages({ only: 9 })), says: /only one class, "only"; .* at least two/ },
  {
    name: 'a path that does not exist',
    args: (p) => compress(p, '/nowhere/at/all'),
    says: /\/nowhere\/at\/all.*not exist/,
  },
  {
    name: 'an image',
    args: async (p) => ['inspect', p.write('a.png', await makePng(1))],
    says: /a\.png is neither a folder/,
  },
  {
    name: 'a folder that may not be read',
    skip: isRoot && 'root may read all',
    args: (p) => {
      mkdirSync(join(p.folder, 'shut'), { mode: 0 });
      return ['inspect', join(p.folder, 'shut')];
    },
    says: /shut cannot be read; check its permissions/,
  },
  {
    name: 'a link that goes in a circle',
    args: (p) => {
      symlinkSync('circle', join(p.folder, 'circle'));
      return ['inspect', join(p.folder, 'circle')];
    },
    says: /circle .*; give a folder/,
  },
  { name: 'a path with a zero byte', args: () => ['inspect', 'a\0b'], says: /a.b .*; give a folder/ },
  { name: 'only a test split', args: tree(listImages({ a: 3, b: 3 }, 'test/')), says: /none for training; add train/ },
  {
    name: 'images that are in no folder',
    args: tree({ '1.png': 1, '2.png': 2 }),
    says: /2 images and no labels.*; add a folder with a few labelled images/,
  },
  {
    name: 'a class that is not trained',
    args: tree({ ...listImages({ a: 3, b: 3 }, 'train/'), ...listImages({ a: 1, b: 1, new: 1 }, 'test/') }),
    says: /"new" .* no training images; add/,
  },
  {
    name: 'a class with a single image',
    args: tree({ ...listImages({ a: 12, b: 12 }), 'c/1.png': 99 }),
    began: true,
    says: /"c" .*; add/,
  },
  {
    name: 'a class of empty files',
    began: true,
    args: withLastClass({ '1.png': '', '2.jpg': '' }),
    says: /No image of class "c" .*empty/,
  },
  {
    name: 'a class of text files called .jpg',
    began: true,
    args: withLastClass({ '1.jpg': 'no picture', '2.jpg': '<svg/>' }),
    says: /No image of class "c" .*not an image.*; repair/,
  },
  {
    name: 'a class of images that are cut short',
    began: true,
    args: async (p) => {
      const whole = await sharp(randomBytes(48 * 48 * 3), { raw: { width: 48, height: 48, channels: 3 } })
        .jpeg()
        .toBuffer();
      return withLastClass({ '1.jpg': whole.subarray(0, 200), '2.png': (await makePng(3, 64)).subarray(0, 50) })(p);
    },
    says: /No image of class "c" .*cannot be decoded.*; repair/,
  },
  {
    name: 'a class of one image of 50,000 x 50,000 pixels',
    began: true,
    args: withLastClass({ 'huge.png': makePngHeader(50_000, 50_000) }),
    says: /huge\.png .*more than 160 million pixels/,
  },
  {
    name: 'a zip with names that climb out',
    args: zip((b) => replaceText(b, 'set/train/a/0', '../train/aa/0')),
    says: /refused because .*outside/,
  },
  {
    name: 'a zip with absolute names',
    args: zip((b) => replaceText(b, 'set/train/a/0', '/et/train/a/0')),
    says: /refused because .*outside/,
  },
  {
    name: 'a zip with backslashes that climb',
    args: zip((b) => replaceText(b, 'set/train/a/0', '..\\..\\ain/a/0')),
    says: /refused because/,
  },
  {
    name: 'a zip bomb',
    args: zip((bytes) => {
      const at = findCentralRecords(bytes)[0]!;
      bytes.writeUInt16LE(8, at + 10);
      bytes.writeUInt32LE(1 << 30, at + 24);
      return bytes;
    }),
    says: /refused because .*would unpack/,
  },
  {
    name: 'a zip of overlapping entries',
    args: zip((bytes) => {
      for (const at of findCentralRecords(bytes)) {
        bytes.writeUInt16LE(8, at + 10);
        bytes.writeUInt32LE(bytes.length - 100, at + 20);
      }
      return bytes;
    }),
    says: /refused because .*overlap/,
  },
  {
    name: 'a zip with a password',
    args: zip((bytes) => {
      for (const at of findCentralRecords(bytes)) bytes.writeUInt16LE(bytes.readUInt16LE(at + 8) | 1, at + 8);
      return bytes;
    }),
    says: /encrypted/,
  },
  {
    name: 'a zip that is cut short',
    args: zip((b) => b.subarray(0, -30)),
    says: /not a readable \.zip archive .*; create it again/,
  },
  {
    name: 'a zip whose end counts fewer files than there are',
    args: zip((bytes) => {
      bytes.writeUInt16LE(2, bytes.length - 12);
      return bytes;
    }),
    says: /its end record counts 2 entries, but its list of files has another length\); create it again/,
  },
  { name: 'a zip without a byte', args: zip(() => Buffer.alloc(0)), says: /not a readable \.zip archive/ },
  {
    name: 'a text called .zip',
    args: (p) => ['inspect', p.write('a.zip', 'PK? no')],
    says: /a\.zip is not a readable \.zip archive/,
  },
];

const RECIPES: Case[] = [
  {
    name: 'an unknown key',
    args: recipeFile('{"prune": {"mac": 0.5}}'),
    says: /bad recipe\.json: .*no key "prune\.mac"; did you mean "prune\.macs"\?/,
  },
  { name: 'no JSON', args: recipeFile('{"prune": {macs: 0.5}}'), says: /bad recipe\.json:1:12: .*; found "m"/ },
  {
    name: 'JSON that is no object',
    args: recipeFile('[1, 2]'),
    says: /is not a Decant recipe; a recipe is a JSON object/,
  },
  { name: 'a key twice', args: recipeFile('{"seed": 1, "seed": 2}'), says: /bad recipe\.json:1:\d+: .*"seed"/ },
  {
    name: 'bytes that are no text',
    args: recipeFile(Buffer.from([0xff, 0xfe, 0, 1])),
    says: /bad recipe\.json is not a Decant recipe/,
  },
  { name: 'nothing at all', args: recipeFile(''), says: /bad recipe\.json is not a Decant recipe/ },
  {
    name: 'a missing file',
    args: (p) => compress(p, p.pictures, '--recipe', '/no/recipe.json'),
    says: /\/no\/recipe\.json cannot be read: .*no such file/,
  },
  {
    name: 'a folder',
    args: (p) => compress(p, p.pictures, '--recipe', p.folder),
    says: /cannot be read: it is a folder/,
  },
  {
    name: 'a device',
    args: (p) => compress(p, p.pictures, '--recipe', '/dev/zero'),
    says: /\/dev\/zero is not a file/,
  },
  {
    name: 'epochs without end',
    args: set('train.teacherEpochs=1e12'),
    says: /"train\.teacherEpochs" is 1000000000000; allowed: .* up to 10000/,
  },
  {
    name: 'an infinite rate',
    args: set('train.optimizer.learningRate=1e999'),
    says: /"train\.optimizer\.learningRate" is Infinity/,
  },
  { name: 'a wrong type', args: set('train.batch="many"'), says: /"train\.batch" is "many"; allowed:/ },
  { name: 'a number out of range', args: set('seed=-1'), says: /"seed" is -1; allowed:/ },
  {
    name: 'temperature 0',
    args: set('distill.logits.temperature=0'),
    says: /"distill\.logits\.temperature" is 0; allowed:/,
  },
  {
    name: 'a contradictory budget',
    args: (p) => [...set('prune.macs=null')(p), '--set', 'train.pruneEpochs=2'],
    says: /"prune\.macs", "prune\.parameters" and "prune\.latencyMs" are all null/,
  },
  { name: 'a budget out of reach', args: set('prune.macs=0.001'), says: /budget|MACs/ },
  { name: 'a protected layer that does not exist', args: set('prune.protect=["block.99"]'), says: /block\.99/ },
  { name: 'a pair of taps that do not exist', args: set('distill.pairs=[["nowhere","neither"]]'), says: /nowhere/ },
  {
    name: 'a learning rate that diverges',
    status: 1,
    began: true,
    args: (p) => [...set('train.optimizer.learningRate=1e30')(p), '--set', 'train.optimizer.warmUp=0'],
    says: /Training \(teacher\) failed .*; lower train\.optimizer\.learningRate/,
  },
  {
    name: 'nothing to learn from',
    args: (p) => [
      ...set('distill.crossEntropy.weight=0')(p),
      ...['--set', 'distill.logits.weight=0', '--set', 'distill.reviewkd.weight=0'],
    ],
    says: /nothing to learn from; set one of them/,
  },
  {
    name: 'an assignment without a value',
    args: set('prune.macs'),
    says: /--set prune\.macs is not understood; write --set key=value/,
  },
  { name: 'an assignment to __proto__', args: set('__proto__.polluted=1'), says: /no key "__proto__"/ },
  {
    name: 'a batch of images larger than any memory',
    args: set('data.inputSize=100000'),
    says: /"data\.inputSize" is 100000; allowed:/,
  },
];

const USAGE: Case[] = [
  { name: 'no command', args: () => [], says: /No command given; "decant help" lists the commands/ },
  { name: 'an unknown command', args: () => ['compres', 'x'], says: /no command "compres"; did you mean "compress"\?/ },
  {
    name: 'an unknown option',
    args: (p) => compress(p, p.pictures, '--resum', 'x'),
    says: /--resum should be --resume/,
  },
  { name: 'a missing value', args: (p) => ['compress', p.pictures, '--out'], says: /--out needs a value: --out DIR/ },
  { name: 'an empty dataset', args: () => ['inspect', ''], says: /<dataset> is missing/ },
  { name: 'an empty home', args: (p) => compress(p, p.pictures, '--home', ''), says: /--home needs a value/ },
  { name: 'a missing dataset', args: () => ['inspect'], says: /<dataset> is missing/ },
  { name: 'an argument too many', args: (p) => ['inspect', p.pictures, 'more'], says: /"more"/ },
  {
    name: 'a recipe for a run that has one',
    args: (p) => [...resume(p), '--set', 'seed=2'],
    says: /leave out --preset, --recipe and --set/,
  },
  {
    name: 'an unknown back end',
    args: (p) => compress(p, p.pictures, '--backend', 'cuda'),
    says: /--backend is "cuda"; allowed: auto/,
  },
  {
    name: 'no threads',
    args: (p) => compress(p, p.pictures, '--threads', '0'),
    says: /--threads is "0"; allowed: a whole number/,
  },
  {
    name: 'an export in an unknown format',
    args: (p) => ['export', p.finished, '--format', 'caffe', '--out', 'x'],
    says: /--format is "caffe"; allowed: onnx/,
  },
  {
    name: 'an export called like a picture',
    args: (p) => ['export', p.finished, '--out', p.write('cat.jpg', 'a picture')],
    says: /cat\.jpg does not end in \.onnx, as onnx files must/,
  },
  { name: 'an export to nowhere', args: (p) => ['export', p.finished], says: /--out PATH is missing/ },
];

const WEIGHTS: Case[] = [
  {
    name: 'a missing file',
    args: set('teacher.weights=/no/weights.safetensors'),
    says: /\/no\/weights\.safetensors cannot be read .*; check teacher\.weights/,
  },
  { name: 'a device', args: set('teacher.weights=/dev/zero'), says: /\/dev\/zero cannot be read \(it is not a file\)/ },
  { name: 'a folder', args: set('student.weights=/tmp'), says: /\/tmp cannot be read .*student\.weights/ },
  {
    name: 'a file that is cut short',
    args: (p) => set(`student.weights=${breakFile(join(p.out, 'student/weights.safetensors'), shorten)}`)(p),
    says: /truncated/,
  },
  {
    name: 'random bytes',
    args: (p) => set(`teacher.weights=${p.write('w.safetensors', Buffer.alloc(500, 0x5a))}`)(p),
    says: /not a safetensors file|damaged/,
  },
  {
    name: 'those of another architecture',
    args: (p) => set(`student.weights=${join(p.out, 'teacher/weights.safetensors')}`)(p),
    says: /tensor|weight/i,
  },
  {
    name: 'those of another width',
    args: (p) => [
      ...set(`teacher.weights=${join(p.out, 'teacher/weights.safetensors')}`)(p),
      '--set',
      'teacher.width=0.5',
    ],
    says: /\[.*\].*\[.*\]/,
  },
];

const OUTPUT: Case[] = [
  {
    name: 'a file',
    args: (p) => compress(p, p.pictures, '--out', p.write('taken', 'mine')),
    says: /taken.*; choose another place/,
  },
  {
    name: 'below a file',
    args: (p) => compress(p, p.pictures, '--out', join(p.write('taken', 'mine'), 'out')),
    says: /part of the path is a file; choose/,
  },
  {
    name: 'a name of 300 characters',
    args: (p) => compress(p, p.pictures, '--out', join(p.folder, 'x'.repeat(300))),
    says: /the name is too long; choose/,
  },
  {
    name: 'read-only',
    skip: cannotMount,
    args: (p) => compress(p, p.pictures, '--out', join(p.mount('ro,size=64k'), 'out')),
    says: /the file system is read-only; choose/,
  },
  {
    name: 'on a full disk',
    skip: cannotMount,
    status: 1,
    began: true,
    args: (p) => compress(p, p.pictures, '--out', join(p.mount('size=64k'), 'out')),
    says: /There is no space left to write .*; free some space/,
  },
  {
    name: 'of an export, a folder',
    args: (p) => ['export', p.finished, '--out', dirname(p.write('folder.onnx/taken', ''))],
    says: /Cannot write .*: it is a folder/,
  },
  {
    name: 'of an export, below a file',
    args: (p) => ['export', p.finished, '--out', join(p.write('taken', ''), 'a.onnx')],
    says: /part of the path is a file/,
  },
  {
    name: 'of an export, read-only',
    skip: cannotMount,
    args: (p) => ['export', p.finished, '--out', join(p.mount('ro,size=64k'), 'a.onnx')],
    says: /read-only/,
  },
];

const HOMES: Case[] = [
  {
    name: 'a file',
    args: (p) => compress(p, p.pictures, '--home', p.write('taken', 'mine')),
    says: /The home .*taken is a file, not a folder; choose another/,
  },
  {
    name: 'a file, for a question',
    args: (p) => ['runs', '--home', p.write('taken', 'mine')],
    says: /taken is a file/,
  },
  {
    name: 'where no folder can be made',
    skip: process.platform !== 'linux' && 'there is no /proc',
    args: (p) => compress(p, p.pictures, '--home', '/proc/decant/home'),
    says: /Cannot write \/proc\/decant\/home: its folder cannot be created/,
  },
  {
    name: 'read-only',
    skip: cannotMount,
    args: (p) => compress(p, p.pictures, '--home', p.mount('ro,size=64k')),
    says: /read-only/,
  },
  {
    name: 'on a disk too small for the pixels',
    skip: cannotMount,
    status: 1,
    began: true,
    args: (p) => [...compress(p, p.pictures, '--home', p.mount('size=200k')), '--set', 'data.inputSize=64'],
    says: /There is no space left to write .*; free some space/,
  },
  {
    name: 'on a disk too small for a checkpoint',
    skip: cannotMount,
    status: 1,
    began: true,
    args: (p) => compress(p, p.pictures, '--home', p.mount('size=1200k')),
    says: /There is no space left to write .*; free some space/,
  },
  {
    name: 'a store that is cut short',
    args: (p) => {
      breakFile(join(p.home, 'decant.sqlite'), shorten);
      return ['runs'];
    },
    says: /store .*decant\.sqlite cannot be read: .*; run "decant doctor --repair"/,
  },
  {
    name: 'a store of random bytes',
    args: (p) => {
      breakFile(join(p.home, 'decant.sqlite'), (b) => randomBytes(b.length));
      return ['runs'];
    },
    says: /decant\.sqlite cannot be read: /,
  },
  {
    name: 'a store without a byte beside its runs',
    args: (p) => {
      breakFile(join(p.home, 'decant.sqlite'), () => Buffer.alloc(0));
      return compress(p, p.pictures);
    },
    says: /it is empty, but there are runs beside it/,
  },
  {
    name: 'a store of a newer version',
    args: (p) => {
      execSql(p, 'PRAGMA user_version = 99999');
      return compress(p, p.pictures);
    },
    says: /version 99999, .*; update Decant/,
  },
  {
    name: 'a store of another program',
    args: (p) => {
      execSql(p, 'PRAGMA application_id = 7');
      return ['runs'];
    },
    says: /database of another program/,
  },
];

const RUNS: Case[] = [
  {
    name: 'resumed, unknown',
    args: () => ['compress', '--resume', 'nothing'],
    says: /There is no run with the id "nothing"; "decant runs" lists/,
  },
  { name: 'shown, unknown', args: () => ['runs', 'show', 'nothing'], says: /"nothing"/ },
  {
    name: 'deleted, with a name that climbs',
    args: () => ['runs', 'delete', '../../home'],
    says: /"\.\.\/\.\.\/home"/,
  },
  {
    name: 'finished, whose results are gone',
    args: (p) => {
      rmSync(join(p.home, 'runs', p.finished, 'results'), { recursive: true });
      return ['compress', '--resume', p.finished, '--out', join(p.folder, 'again')];
    },
    says: /The result .* cannot be used: it cannot be read; restore/,
  },
  {
    name: 'evaluated, without a student',
    args: (p) => ['evaluate', p.stopped, p.pictures],
    says: /has no student yet; let it finish/,
  },
  {
    name: 'exported, without a student',
    args: (p) => ['export', p.stopped, '--out', join(p.folder, 'a.onnx')],
    says: /has no student yet; let it finish/,
  },
  {
    name: 'resumed with other images',
    args: async (p) => {
      cpSync(p.pictures, join(p.folder, 'pictures'), { recursive: true });
      const folder = join(p.folder, 'pictures/train', readdirSync(join(p.folder, 'pictures/train'))[0]!);
      writeFileSync(join(folder, '00000.png'), await makePng(7, 16));
      rmSync(join(p.folder, 'pictures/.drawn-by-decant.json'));
      return ['compress', join(p.folder, 'pictures'), '--resume', p.stopped];
    },
    says: /have changed since it began; put them back/,
  },
  {
    name: 'resumed while another process works on it',
    args: (p) => {
      const lock = lockRun(p.home, p.stopped as RunId); // From the list of runs.
      p.atEnd.push(() => lock.release());
      return resume(p);
    },
    says: /Another process is working on run .*; wait for it/,
  },
  {
    name: 'deleted while another process works on it',
    args: (p) => {
      const lock = lockRun(p.home, p.stopped as RunId); // From the list of runs.
      p.atEnd.push(() => lock.release());
      return ['runs', 'delete', p.stopped];
    },
    says: /Another process is working on run/,
  },
  {
    name: 'with both checkpoints damaged',
    began: true,
    args: (p) => {
      breakFile(runFile(p, 'checkpoint-a'), shorten);
      breakFile(runFile(p, 'checkpoint-b'), flipBit);
      return resume(p);
    },
    says: /checkpoint-[ab]\..* of run .* cannot be used: .*; restore it from a backup or start a new run/,
  },
  {
    name: 'with checkpoints of a newer version',
    began: true,
    args: (p) => {
      for (const name of ['checkpoint-a', 'checkpoint-b'])
        rewriteArtifact(p, `${name}.bin`, (b) => b.writeUInt32LE(9, 8));
      return resume(p);
    },
    says: /was made by a newer version of Decant \(checkpoint version 9; this one reads up to \d+\)/,
  },
  {
    name: 'with a teacher that is gone',
    began: true,
    args: (p) => {
      rmSync(runFile(p, 'teacher'));
      return resume(p);
    },
    says: /teacher\..*\.safetensors of run .* cannot be opened; restore/,
  },
];

const EVALUATION: Case[] = [
  {
    name: 'a run on other classes',
    args: async (p) => ['evaluate', p.finished, await makeTree(listImages({ a: 2, b: 2, c: 2 }))],
    says: /has different classes from .*; use a dataset with the same/,
  },
  {
    name: 'something that is nothing',
    args: (p) => ['evaluate', 'nonsense', p.pictures],
    says: /"nonsense" is neither a run's id nor a file/,
  },
  {
    name: 'a file of an unknown kind',
    args: (p) => ['evaluate', p.recipe, p.pictures],
    says: /recipe\.json cannot be evaluated; use a file that ends in \.onnx/,
  },
  {
    name: 'an ONNX file that is cut short',
    args: (p) => ['evaluate', breakFile(join(p.out, 'student.onnx'), shorten), p.pictures],
    says: /onnx/i,
  },
  {
    name: 'an ONNX file that tells of another size than its graph',
    args: (p) => {
      const change = (bytes: Buffer) => replaceText(bytes, '"inputSize":[16,16]', '"inputSize":[64,64]');
      return ['evaluate', breakFile(join(p.out, 'student.onnx'), change), p.pictures];
    },
    says: /says that it takes images of 64 × 64 pixels, but its graph takes 16 × 16; use a file as Decant exported it/,
  },
  {
    name: 'an ONNX file that tells of a huge size',
    args: (p) => {
      const change = (bytes: Buffer) => replaceText(bytes, '"inputSize":[16,16]', '"inputSize":[9e9,9]');
      return ['evaluate', breakFile(join(p.out, 'student.onnx'), change), p.pictures];
    },
    says: /takes images of 9000000000 × 9 pixels, but only squares of 16 to 512 can be used/,
  },
  {
    name: 'random bytes as ONNX',
    args: (p) => ['evaluate', p.write('a.onnx', randomBytes(5000)), p.pictures],
    says: /a\.onnx|model|ONNX/,
  },
  {
    name: 'a folder without a network',
    args: (p) => ['evaluate', p.folder, p.pictures],
    says: /network\.json cannot be read/,
  },
  {
    name: 'a folder with half a description',
    args: (p) => ['evaluate', dirname(breakFile(join(p.out, 'student/network.json'), shorten)), p.pictures],
    says: /network\.json is not JSON/,
  },
  {
    name: 'a folder with half the weights',
    args: (p) => ['evaluate', dirname(breakFile(join(p.out, 'student/weights.safetensors'), shorten)), p.pictures],
    says: /truncated/,
  },
  {
    name: 'a folder with the weights of another network',
    args: (p) => {
      cpSync(join(p.out, 'teacher/weights.safetensors'), join(p.out, 'student/weights.safetensors'));
      return ['evaluate', join(p.out, 'student'), p.pictures];
    },
    says: /tensor|weight/i,
  },
];

const TABLES = {
  dataset: DATASETS,
  recipe: RECIPES,
  'command line': USAGE,
  weights: WEIGHTS,
  output: OUTPUT,
  home: HOMES,
  run: RUNS,
  evaluation: EVALUATION,
};

/** Tests of every case that is chosen, by what is bad. */
export function describeCases(choose: (item: Case) => boolean): void {
  for (const [what, cases] of Object.entries(TABLES)) {
    const chosen = cases.filter(choose);
    if (chosen.length > 0)
      describe(what, () => {
        for (const { name, skip = false, ...item } of chosen)
          it.skipIf(skip !== false)(skip === false ? name : `${name} (${skip})`, () => tryCase(item));
      });
  }
}

/** Tries a case: one sentence, the right status, and nothing lost or left. */
async function tryCase({ args, status = 2, says, began = false }: Omit<Case, 'name' | 'skip'>): Promise<void> {
  const place = openPlace();
  try {
    const given = await args(place);
    const ownHome = given.includes('--home') || given.length === 0;
    const before = { files: markFiles(place.home), runs: await listRuns(place.home) };
    const result = await decant(ownHome ? given : [...given, '--home', place.home]);
    expect(result.stderr).toMatch(says);
    const lines = result.stderr.split('\n').slice(0, -1);
    // A run that has begun may be told how to go on.
    if (began && /^Resume with: .* compress --resume /.test(lines.at(-1) ?? '')) lines.pop();
    expect(lines.at(-1)).toMatch(/^decant: \S.*[^\s]$/);
    expect(lines.filter((line) => line.startsWith('decant: '))).toHaveLength(1);
    if (!began) expect(lines).toHaveLength(1);
    expect(result.stderr).not.toMatch(/^\s+at |Unexpected error|\bundefined\b|\[object|Error:/m);
    expect({ status: result.status, stdout: result.stdout }).toEqual({ status, stdout: '' });
    // Of what was there nothing is lost, and unless a run had begun to compute nothing is changed.
    const after = { files: markFiles(place.home), runs: await listRuns(place.home) };
    if (!began || (status === 2 && !given.includes('--resume'))) expect(after.runs).toEqual(before.runs);
    const paths = ({ files }: { files: Map<string, string> }) =>
      [...files.keys()].filter((path) => !/^decant\.sqlite|^cache\//.test(path)).sort();
    if (status === 2) expect(paths(after)).toEqual(paths(before));
    for (const run of [place.finished, place.stopped]) if (before.runs.includes(run)) expect(after.runs).toContain(run);
    // A run's record says how it ended.
    const changes = (path: string) => path === 'decant.sqlite' || (began && path.endsWith('run.json'));
    for (const [path, mark] of before.files)
      if (!changes(path)) expect([path, after.files.get(path)]).toEqual([path, mark]);
    expect(listLeftovers(place.folder)).toEqual([]);
  } finally {
    for (const release of place.atEnd) release();
    rmSync(place.folder, { recursive: true, force: true });
  }
}

/** Every file below a folder, by path, with what changes when it does: its content, of large ones the time of the last write. */
function markFiles(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const { size, mtimeNs, ino } = statSync(path, { bigint: true });
      return [relative(folder, path), size < 100_000 ? readFileSync(path, 'base64') : `${size} ${mtimeNs} ${ino}`];
    }),
  );
}

/** What `decant runs` says of a home: the runs, or what is wrong. */
async function listRuns(home: string): Promise<string> {
  const { stdout, stderr } = await decant(['runs', '--json', '--home', home]);
  return stdout + stderr;
}

function execSql({ home }: Place, sql: string): void {
  const db = new Database(join(home, 'decant.sqlite'));
  db.exec(sql);
  db.close();
}

/** Changes an artifact and everything that vouches for it. */
function rewriteArtifact(place: Place, name: string, change: (bytes: Buffer) => void): void {
  const store = openStore(place.home);
  const path = join(place.home, 'runs', place.stopped, findArtifact(store.db, place.stopped as RunId, name)!.path);
  const bytes = readFileSync(path);
  change(bytes);
  createHash('sha256')
    .update(bytes.subarray(0, -32))
    .digest()
    .copy(bytes, bytes.length - 32);
  writeFileSync(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  store.db.prepare('UPDATE artifacts SET sha256 = ? WHERE run = ? AND name = ?').run(sha256, place.stopped, name);
  writeRunRecord(store, place.stopped as RunId);
  store.close();
}
