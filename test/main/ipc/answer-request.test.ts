import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { JsonFile } from '../../../electron/main/files/json-file.ts';
import { RecentFiles } from '../../../electron/main/files/recent-files.ts';
import { SavedPaths } from '../../../electron/main/files/saved-paths.ts';
import { WeightsPaths } from '../../../electron/main/files/weights-paths.ts';
import { answerDrop, answerRequest } from '../../../electron/main/ipc/answer-request.ts';
import type { MainContext } from '../../../electron/main/ipc/context.ts';
import { SettingsStore } from '../../../electron/main/settings.ts';
import { REQUESTS } from '../../../shared/ipc/contract.ts';
import { ENGINE_CONTRACT } from '../../../shared/ipc/engine-messages.ts';
import type { Answer } from '../../../shared/ipc/message.ts';
import { recipeSchema } from '../../../shared/run/recipe.ts';
import { APP_STATE_FORM } from '../../../shared/stored/app-forms.ts';
import { makeTemporaryFolder } from '../../e2e/folders.ts';
import { listMalformedRequests } from '../../helpers/malformed-requests.ts';
import { FakeDesktop } from '../fake-desktop.ts';

const folder = makeTemporaryFolder('decant-main-');
const RUN = '0123456789abcd';
const RECIPE = recipeSchema.parse({});
afterAll(() => rmSync(folder, { recursive: true }));

let desktop: FakeDesktop;
let context: MainContext;
/** What the engine was asked, and what it answers. */
let forwarded: [name: string, params: unknown][];
let answers: Record<string, Answer<unknown>>;
let restarts: number;

beforeEach(async () => {
  desktop = new FakeDesktop();
  forwarded = [];
  restarts = 0;
  answers = { 'runs.show': { ok: true, value: showRun() } };
  const forward = async (name: string, params: unknown): Promise<Answer<unknown>> => {
    forwarded.push([name, params]);
    return answers[name] ?? { ok: true, value: { answered: name } };
  };
  const host = {
    status: { state: 'ready' },
    forward,
    ask: forward,
    async restart() {
      restarts++;
    },
  };
  const state = await JsonFile.open(join(folder, 'state.json'), APP_STATE_FORM, () => undefined);
  context = {
    desktop,
    // Of the host only what answers need.
    host: host as Partial<MainContext['host']> as MainContext['host'],
    settings: await SettingsStore.open(makeFolder(), () => undefined),
    weights: new WeightsPaths(),
    recent: new RecentFiles(state, () => undefined),
    saved: new SavedPaths(),
    home: join(folder, 'home'),
  };
});

let folders = 0;
function makeFolder(): string {
  const path = join(folder, String(folders++));
  mkdirSync(path);
  return path;
}

function write(name: string, content: string): string {
  const path = join(makeFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** As much of a run as the main process looks at. */
function showRun({ weights = null as string | null, file = join(folder, 'student.onnx') } = {}) {
  return {
    row: { name: 'flowers: 40 %' },
    recipe: { ...RECIPE, teacher: { ...RECIPE.teacher, weights } },
    detail: { folder: '/home/runs/x', exports: [{ format: 'onnx', precision: 'fp32', file }] },
  };
}

async function ask(name: string, params: unknown = {}): Promise<unknown> {
  const answer = await answerRequest(name, params, context);
  if (!answer.ok) throw new Error(`${name}: ${answer.failure.message}`);
  return answer.value;
}

async function refusal(name: unknown, params: unknown = {}): Promise<{ code: string; message: string }> {
  const answer = await answerRequest(name, params, context);
  if (answer.ok) throw new Error(`${name} was answered`);
  return answer.failure;
}

describe('requests', () => {
  it('are each answered by the main process or by the engine', async () => {
    const own = Object.keys(REQUESTS).filter((name) => !(name in ENGINE_CONTRACT));
    expect(own.length).toBeGreaterThan(10);
    await ask('runs.pause', { run: RUN });
    expect(forwarded).toEqual([['runs.pause', { run: RUN }]]);
    await ask('app.describe');
    expect(forwarded).toHaveLength(1);
  });

  it('of 10 000 malformed ones none is answered, and none reaches the engine or the desktop', async () => {
    for (const [name, params] of listMalformedRequests(10_000, 1)) {
      const { code, message } = await refusal(name, params);
      expect(code).toBe('ipc.invalid');
      expect(message).toMatch(/^[^\n]{10,400}[.]$/);
    }
    expect(forwarded).toEqual([]);
    expect(desktop.asked).toEqual([]);
  });

  it('may be of anything at all', async () => {
    for (const name of [undefined, null, 7, Symbol('x'), () => 1, [], {}, '__proto__', 'toString', 'hasOwnProperty'])
      expect(await refusal(name)).toMatchObject({ code: 'ipc.invalid' });
    const cyclic: Record<string, unknown> = {};
    cyclic.run = cyclic;
    for (const params of [
      undefined,
      1n,
      cyclic,
      new Map([['run', RUN]]),
      new Date(),
      new Uint8Array(4),
      Object.create(null),
    ])
      expect(await refusal('runs.pause', params)).toMatchObject({ code: 'ipc.invalid' });
  });

  it('the engine refuses are refused with its words', async () => {
    const failure = { code: 'run.unknown', message: 'There is no run with this id.' };
    answers['runs.pause'] = { ok: false, failure };
    expect(await refusal('runs.pause', { run: RUN })).toEqual(failure);
    answers['runs.show'] = { ok: false, failure };
    expect(await refusal('runs.openFolder', { run: RUN })).toEqual(failure);
  });
});

describe('weights files', () => {
  const withWeights = (weights: unknown) => ({ ...RECIPE, student: { ...RECIPE.student, weights } });
  const start = (weights: unknown) => ({ dataset: '0123456789abcdef', recipe: withWeights(weights) });

  it('are those that the user picked, and what is no file', async () => {
    for (const weights of [null, `run:${RUN}`, 'catalogue:timm-mobilenetv2-100'])
      await ask('runs.start', start(weights));
    forwarded = [];
    for (const weights of [
      '/etc/shadow',
      '\\\\host\\share\\x.safetensors',
      'run:../../x',
      'catalogue:../x',
      'w.safetensors',
    ])
      for (const name of ['runs.start', 'runs.plan', 'runs.measure'])
        expect(await refusal(name, start(weights))).toMatchObject({
          code: 'recipe.invalid',
          message: expect.stringContaining(`The weights file ${weights} was not chosen in this window`),
        });
    expect(forwarded).toEqual([]);
    desktop.picks = '/data/w.safetensors';
    expect(await ask('recipes.pickWeights')).toEqual({ path: desktop.picks });
    await ask('runs.start', start(desktop.picks));
    expect(forwarded).toHaveLength(1);
  });

  it('are also those of runs that are shown, and of recipes that are opened, which name them beside themselves', async () => {
    answers['runs.show'] = { ok: true, value: showRun({ weights: '/data/teacher.safetensors' }) };
    await ask('runs.show', { run: RUN });
    await ask('runs.start', start('/data/teacher.safetensors'));
    const path = write('mine.decant', '{"student": {"weights": "w.safetensors"}}');
    const opened = await answerDrop([path], 'work', context);
    const beside = join(path, '..', 'w.safetensors');
    expect(opened).toMatchObject({
      ok: true,
      value: { kind: 'recipe', name: 'mine', recipe: { student: { weights: beside } } },
    });
    await ask('runs.start', start(beside));
  });
});

describe('a recipe that names files outside its folder', () => {
  const outside = join(folder, 'elsewhere.onnx');
  const naming = (file: string) => ({
    teacher: { onnx: { file } },
    train: { teacherEpochs: 0 },
    distill: { reviewkd: { weight: 0 } },
  });
  const open = () => answerDrop([write('mine.decant', JSON.stringify(naming(outside)))], 'work', context);

  it('is opened when the user allows them, who is asked with their names', async () => {
    desktop.accepts = true;
    expect(await open()).toMatchObject({ ok: true, value: { recipe: { teacher: { onnx: { file: outside } } } } });
    expect(desktop.questions).toEqual([outside]);
  });

  it('is not opened otherwise, and the window may not name them', async () => {
    expect(await open()).toMatchObject({
      ok: false,
      failure: {
        code: 'recipe.invalid',
        message: expect.stringMatching(/names .*elsewhere\.onnx, which lies outside/),
      },
    });
    expect(() => context.weights.check({ teacher: { onnx: { file: outside } } })).toThrow(/was not chosen/);
  });

  it('is opened unasked where they lie in the home', async () => {
    const file = join(context.home, 'runs/1/teacher.onnx');
    const path = write('mine.decant', JSON.stringify(naming(file)));
    expect(await answerDrop([path], 'work', context)).toMatchObject({ ok: true });
    expect(desktop.questions).toEqual([]);
  });
});

describe('what is dropped', () => {
  const drop = async (path: unknown, work: unknown = 'work') => {
    const answer = await answerDrop(typeof path === 'string' ? [path] : path, work, context);
    return answer.ok ? answer.value : answer.failure;
  };

  it('is a dataset where it is a folder or a .zip', async () => {
    const dataset = { id: '0123456789abcdef' };
    answers['datasets.add'] = { ok: true, value: dataset };
    for (const path of [makeFolder(), write('photos.ZIP', 'PK')]) {
      expect(await drop(path)).toEqual({ kind: 'dataset', dataset });
      expect(forwarded.at(-1)).toEqual(['datasets.add', { path, work: 'work' }]);
      expect(context.recent.paths[0]).toBe(path);
    }
  });

  it.each([
    ['broken.decant', '{"prune": {"macs": 0.5}', /broken[.]decant:1:\d+: /],
    ['list.json', '[1, 2]', /list[.]json is not a Decant recipe/],
    ['typo.json', '{"prune": {"mac": 0.5}}', /did you mean "prune[.]macs"/],
    ['range.decant', '{"prune": {"macs": 7}}', /"prune[.]macs"/],
    ['big.decant', ' '.repeat(2 << 20), /bytes, which is too large for a recipe/],
    ['empty.json', '', /empty[.]json is not a Decant recipe/],
    ['photo.jpg', 'x', /neither a dataset nor a recipe; drop a folder or a [.]zip/],
    ['weights', 'x', /neither a dataset nor a recipe/],
  ])('is refused in one sentence where it is wrong: %s', async (name, content, message) => {
    const failure = await drop(write(name, content));
    expect(failure).toEqual({
      code: expect.stringMatching(/^(recipe.invalid|dataset.layout)$/),
      message: expect.stringMatching(message),
    });
    expect(context.recent.paths.some((path) => path.endsWith(name))).toBe(false);
  });

  it('is a dataset where it is all class folders of one, together', async () => {
    const dataset = { id: '0123456789abcdef' };
    answers['datasets.add'] = { ok: true, value: dataset };
    const pets = join(folder, 'pets');
    for (const name of ['cat', 'dog', '.hidden']) mkdirSync(join(pets, name), { recursive: true });
    writeFileSync(join(pets, 'notes.txt'), 'x');
    expect(await drop([join(pets, 'dog'), join(pets, 'cat')])).toEqual({ kind: 'dataset', dataset });
    expect(forwarded.at(-1)).toEqual(['datasets.add', { path: pets, work: 'work' }]);
    mkdirSync(join(pets, 'cow'));
    expect(await drop([join(pets, 'dog'), join(pets, 'cat')])).toEqual({
      code: 'dataset.layout',
      message: expect.stringMatching(/pets holds other folders besides those dropped [(]cow[)].*folder of their own/),
    });
    for (const other of [join(pets, 'notes.txt'), folder])
      expect(await drop([join(pets, 'dog'), other])).toMatchObject({
        code: 'dataset.layout',
        message: expect.stringContaining('is not a class folder beside the others'),
      });
  });

  it('is refused where it is not there, or no path', async () => {
    expect(await drop(join(folder, 'nowhere.zip'))).toMatchObject({ code: 'dataset.missing' });
    for (const [path, work] of [
      [7, 'work'],
      ['', 'work'],
      [folder, '../x'],
      [folder, null],
      [undefined, undefined],
    ])
      expect(await drop(path, work)).toMatchObject({ code: 'ipc.invalid' });
  });
});

describe('answers of the main process', () => {
  it('settings: what is changed is kept, the rest stays', async () => {
    await ask('settings.change', { threads: 3 });
    expect(await ask('settings.change', { theme: 'dark' })).toMatchObject({ threads: 3, theme: 'dark' });
    expect(await ask('settings.read')).toMatchObject({ threads: 3, theme: 'dark', backend: 'auto' });
    expect(await refusal('settings.change', { home: '/elsewhere' })).toMatchObject({ code: 'ipc.invalid' });
    expect(await refusal('settings.change', { engineNode: '/bin/sh' })).toMatchObject({ code: 'ipc.invalid' });
  });

  it('settings: a Node is tried before it is taken, and the engine is started with it', async () => {
    desktop.picks = process.execPath;
    expect(await ask('settings.pickEngineNode', { clear: false })).toMatchObject({ engineNode: process.execPath });
    expect(restarts).toBe(1);
    desktop.picks = write('node', 'text');
    expect(await refusal('settings.pickEngineNode', { clear: false })).toMatchObject({
      message: `${desktop.picks} is not a program that reports its version; choose Node 22.18 or newer.`,
    });
    desktop.picks = null;
    expect(await ask('settings.pickEngineNode', { clear: false })).toMatchObject({ engineNode: process.execPath });
    expect(await ask('settings.pickEngineNode', { clear: true })).toMatchObject({ engineNode: null });
    expect(restarts).toBe(2);
  });

  it('settings: another home is picked, and the present one opened', async () => {
    desktop.picks = '/big/disk';
    expect(await ask('settings.pickHome', { clear: false })).toMatchObject({ home: '/big/disk' });
    expect(await ask('settings.pickHome', { clear: true })).toMatchObject({ home: null });
    await ask('settings.openHome');
    expect(desktop.opened).toEqual([context.home]);
  });

  it('recipes: saved and opened again they are the same', async () => {
    desktop.picks = join(makeFolder(), 'small'); // Without an extension.
    const recipe = recipeSchema.parse({ prune: { macs: 0.3 }, seed: 9 });
    expect(await ask('recipes.save', { name: 'a/b: c?', recipe })).toEqual({ saved: true });
    expect(desktop.asked.at(-1)).toMatchObject({ defaultName: 'a b c.decant' });
    desktop.picks += '.decant';
    expect(await ask('recipes.open')).toEqual({ name: 'small', recipe });
    expect(context.recent.paths[0]).toBe(desktop.picks);
    desktop.picks = null;
    expect(await ask('recipes.open')).toBeNull();
    expect(await ask('recipes.save', { name: 'x', recipe })).toEqual({ saved: false });
  });

  it('datasets: what is picked is read by the engine', async () => {
    expect(await ask('datasets.pick', { kind: 'zip', work: 'w' })).toBeNull();
    desktop.picks = '/data/photos.zip';
    await ask('datasets.pick', { kind: 'zip', work: 'w' });
    expect(forwarded).toEqual([['datasets.add', { path: '/data/photos.zip', work: 'w' }]]);
  });

  it('exports: the file gets its extension, and is found again', async () => {
    const params = { run: RUN, format: 'tfjs', precision: 'fp16', work: 'w' };
    expect(await ask('exports.save', params)).toBeNull();
    expect(desktop.asked.at(-1)).toMatchObject({ defaultName: 'flowers 40 % fp16.tfjs.zip' });
    desktop.picks = '/out/net';
    await ask('exports.save', params);
    expect(forwarded.at(-1)).toEqual(['exports.write', { ...params, file: '/out/net.tfjs.zip' }]);

    const made = { run: RUN, format: 'onnx', precision: 'fp32' };
    expect((await refusal('exports.showInFolder', made)).message).toMatch(/student.onnx no longer exists; export it/);
    expect((await refusal('exports.openUsePage', { ...made, precision: 'int8' })).message).toMatch(
      /has not been exported as onnx int8/,
    );
    const file = write('student.onnx', '');
    answers['runs.show'] = { ok: true, value: showRun({ file }) };
    await ask('exports.showInFolder', made);
    expect(desktop.shown).toEqual([file]);
    expect((await refusal('exports.openUsePage', made)).message).toMatch(/student.onnx.html no longer exists/);
    writeFileSync(`${file}.html`, '');
    await ask('exports.openUsePage', made);
    expect(desktop.opened).toEqual([`${file}.html`]);
  });

  it('exports: the report is written where the user says', async () => {
    desktop.picks = '/out/report.html';
    expect(await ask('exports.saveReport', { run: RUN, kind: 'html' })).toEqual({ saved: true });
    expect(forwarded.at(-1)).toEqual(['exports.writeReport', { run: RUN, kind: 'html', file: '/out/report.html' }]);
  });

  it('exports: a saved report is opened, by what it is and not by its path', async () => {
    const report = { run: RUN, kind: 'html' };
    expect((await refusal('exports.openReport', report)).message).toMatch(/was not saved since Decant was started/);
    desktop.picks = write('report.html', '');
    await ask('exports.saveReport', report);
    await ask('exports.openReport', report);
    expect(desktop.opened).toEqual([desktop.picks]);
    expect((await refusal('exports.openReport', { ...report, kind: 'json' })).message).toMatch(/was not saved/);
    rmSync(desktop.picks);
    expect((await refusal('exports.openReport', report)).message).toMatch(
      /report.html no longer exists; save it again/,
    );
    expect((await refusal('exports.openReport', { ...report, file: '/etc/passwd' })).code).toBe('ipc.invalid');
  });

  it('exports: all formats go to one folder, whose files are not replaced unasked', async () => {
    const params = { runs: [RUN], work: 'w' };
    const all = { run: RUN, folder: '/out', files: [] };
    answers['exports.writeAll'] = { ok: true, value: all };
    expect(await ask('exports.saveAll', params)).toBeNull();
    expect((await refusal('exports.openFolder', { run: RUN })).message).toMatch(/was not saved/);
    const picked = makeFolder();
    desktop.picks = picked;
    expect(await ask('exports.saveAll', params)).toEqual([{ run: RUN, all, failure: null }]);
    const written = ['exports.writeAll', { run: RUN, work: 'w', folder: picked, stem: 'flowers 40 %' }];
    expect(forwarded.at(-1)).toEqual(written);
    await ask('exports.openFolder', { run: RUN });
    expect(desktop.opened).toEqual([picked]);

    for (const name of ['flowers 40 %.onnx', 'flowers 40 %-fp16.mlpackage.zip', 'other.onnx'])
      writeFileSync(join(picked, name), '');
    forwarded = [];
    expect(await ask('exports.saveAll', params)).toBeNull();
    expect(desktop.questions).toEqual(['flowers 40 %.onnx\nflowers 40 %-fp16.mlpackage.zip']);
    expect(forwarded.map(([name]) => name)).toEqual(['runs.show']);
    desktop.accepts = true;
    await ask('exports.saveAll', params);
    expect(forwarded.at(-1)).toEqual(written);
  });

  it('exports: several runs of one name get files of their own, and one that fails does not stop the others', async () => {
    desktop.picks = makeFolder();
    const other = 'run000000002';
    const failure = { code: 'run.unknown', message: 'It has no student yet.' };
    answers['exports.writeAll'] = { ok: false, failure };
    const params = { runs: [RUN, other, RUN], work: 'w' };
    expect(await ask('exports.saveAll', params)).toEqual([
      { run: RUN, all: null, failure },
      { run: other, all: null, failure },
    ]);
    const stems = forwarded.filter(([name]) => name === 'exports.writeAll').map(([, asked]) => asked);
    expect(stems).toMatchObject([{ stem: 'flowers 40 %' }, { stem: 'flowers 40 % 2' }]);

    answers['exports.writeAll'] = { ok: false, failure: { code: 'work.cancelled', message: 'This was cancelled.' } };
    forwarded = [];
    expect((await refusal('exports.saveAll', params)).code).toBe('work.cancelled');
    expect(forwarded.filter(([name]) => name === 'exports.writeAll')).toHaveLength(1);
  });

  it('the rest: description, folder of a run, text to the clipboard, restart', async () => {
    expect(await ask('app.describe')).toMatchObject({ version: '1.2.3', electron: '45.0.0', home: context.home });
    await ask('runs.openFolder', { run: RUN });
    expect(desktop.opened).toEqual(['/home/runs/x']);
    await ask('text.copy', { text: 'a;b' });
    expect(desktop.copied).toBe('a;b');
    await ask('engine.restart');
    expect(restarts).toBe(1);
  });

  it('a failure that nobody foresaw is data as well', async () => {
    desktop.open = async () => {
      throw new Error('no program opens this.');
    };
    expect(await refusal('settings.openHome')).toEqual({
      code: 'internal',
      message: 'Unexpected error: no program opens this. Try again, and report it if it happens again.',
    });
  });
});

it('a recipe that cannot be written says so and leaves nothing', async () => {
  desktop.picks = join(write('file', ''), 'recipe.decant');
  expect(await refusal('recipes.save', { name: 'x', recipe: RECIPE })).toMatchObject({ code: 'output.unwritable' });
  expect(existsSync(desktop.picks)).toBe(false);
  expect(readFileSync(join(desktop.picks, '..'), 'utf8')).toBe('');
});
