import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../electron/cli/commands/index.ts';
import { DecantError } from '../../electron/engine/index.ts';
import type { RunListener } from '../../shared/run/events.ts';
import { PRESET_GUIDE, PRESETS, presetRecipe } from '../../shared/run/presets.ts';
import { EXPORT_FORMATS, recipeSchema } from '../../shared/run/recipe.ts';
import { listRecipeKeys } from '../../shared/run/recipe-guide.ts';
import { type Report, reportSchema } from '../../shared/run/report.ts';
import type { EvaluationResult } from '../../shared/run/results.ts';
import { createSampleDiagnosis } from '../helpers/sample-diagnosis.ts';
import { createSampleReport } from '../helpers/sample-report.ts';
import { INSPECTION, runFake } from './fake-engine.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decant-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const compress = async (): Promise<Report> => createSampleReport();

describe('help and version', () => {
  it('are printed on stdout', async () => {
    for (const args of [['help'], ['--help'], ['-h']]) {
      const { status, stdout, stderr, calls } = await runFake(args);
      expect([status, stderr, calls]).toEqual([0, '', []]);
      for (const command of COMMANDS) expect(stdout).toContain(`decant ${command.name} ${command.synopsis}`);
    }
    expect((await runFake(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each(COMMANDS.map((command) => command.name))('explain every option of %s', async (name) => {
    const byTopic = await runFake(['help', name]);
    const byOption = await runFake([name, 'x', '--help']);
    expect(byTopic.stdout).toBe(byOption.stdout);
    for (const option of Object.keys(COMMANDS.find((command) => command.name === name)!.options))
      expect(byTopic.stdout).toContain(`--${option}`);
    expect(byTopic.stdout).toContain('--home');
  });

  it('explain every key of the recipe with its default and meaning', async () => {
    const { stdout } = await runFake(['help', 'recipe']);
    const keys = listRecipeKeys();
    expect(keys.length).toBeGreaterThan(45);
    for (const { key, meaning, defaultValue } of keys) {
      expect(meaning, key).toMatch(/\w{3,}.*\.$/);
      expect(stdout).toContain(`${key} = ${defaultValue}\n    ${meaning}\n`);
    }
  });
});

describe('bad usage: status 2 and one line that says what to do, nothing done', () => {
  const cases: [line: string, text: RegExp][] = [
    ['', /No command given; "decant help"/],
    ['comprss x', /no command "comprss"; did you mean "compress"\?/],
    ['frobnicate', /no command "frobnicate"; "decant help" lists/],
    ['help frobnicate', /no command "frobnicate"/],
    ['--json inspect x', /command comes first/],
    ['inspect', /<dataset> is missing/],
    ['inspect a b', /"b" is one argument too many/],
    ['inspect a --jsn', /Misspelled option --jsn should be --json/],
    ['inspect a --frobnicate', /no option --frobnicate; the options are .*--home/],
    ['inspect a --json=yes', /--json takes no value/],
    ['inspect a --home', /--home needs a value: --home DIR/],
    ['compress a --out --json', /--out needs a value/],
    ['compress a --out b --out c', /--out is given twice/],
    ['compress', /<dataset> is missing/],
    ['weights get x', /The action of "weights" is "get"; allowed: list, download, remove/],
    ['weights list x', /"x" is one argument too many for "weights list"/],
    ['weights download', /"weights download" needs the id of weights; "decant weights" lists them/],
    ['weights remove a b', /"b" is one argument too many/],
    ['compress a --set', /--set needs a value/],
    ['compress a --set prune', /--set prune is not understood; write --set key=value/],
    ['compress a --set =1', /not understood/],
    ['compress a --set prune..macs=1', /not understood/],
    ['compress a --set seed=1 --set seed.x=1', /sets a part of "seed", which is a single value/],
    ['compress a --set prune.mcas=0.5', /no key "prune.mcas"; did you mean "prune.macs"\?/],
    ['compress a --set macs=0.5', /no key "macs"; did you mean "prune.macs"\?/],
    ['compress a --set __proto__.x=1', /no key "__proto__"/],
    ['compress a --set prune.macs=1.5', /"prune.macs" is 1.5; allowed: a number above 0 up to 1 or null/],
    ['compress a --set prune.macs=0,5', /"prune.macs" is "0,5"; allowed/],
    ['compress a --set prune=3', /"prune" is 3; allowed: an object/],
    ['compress a --set student.architecture=resnet', /allowed: "mobilenet-v2"/],
    ['compress a --set prune.macs=null', /all null.*train.pruneEpochs/],
    ['compress a --set train.teacherEpochs=0', /teacher would know nothing/],
    [
      'compress a --set train.warmUpEpochs=0 --set train.pruneEpochs=0 --set train.fineTuneEpochs=0',
      /set one of them to at least 1/,
    ],
    ['compress a --set distill.pairs=[]', /empty list/],
    ['compress a --set data.augmentation.padding=64', /as large as the image/],
    ['compress a --set data.augmentation.crop=none --set data.augmentation.padding=4', /does not pad/],
    ['compress a --recipe /nowhere/recipe.json', /cannot be read: there is no such file/],
    ['compress a --recipe /', /cannot be read: it is a folder/],
    ['compress --resume x --set seed=1', /leave out --preset, --recipe and --set/],
    ['compress --resume x --preset quick', /leave out --preset, --recipe and --set/],
    ['compress a --preset fast', /--preset is "fast"; allowed: quick, balanced, best, few-labels/],
    ['compress a --backend cuda', /--backend is "cuda"; allowed: auto, simd/],
    ['compress a --cache-limit 0', /--cache-limit is "0"; allowed: a number of gigabytes above 0/],
    ['compress a --cache-limit 1e3', /--cache-limit is "1e3"/],
    ['compress a --threads 0', /--threads is "0"; allowed: a whole number from 1/],
    ['runs frob', /"frob"; allowed: list, show, delete/],
    ['runs show', /needs the id of a run/],
    ['runs list x', /one argument too many/],
    ['runs delete x y', /one argument too many/],
    ['evaluate x', /<dataset> is missing/],
    ['export x', /--out PATH is missing/],
    ['export x --out y --format caffe', /--format is "caffe"; allowed: onnx/],
    ['export x --out y --precision int4', /--precision is "int4"/],
    ['bench', /<what> is missing/],
    ['bench everything', /allowed: step, inference, data/],
    ['bench step --size 1e3', /--size is "1e3"; allowed: a whole number/],
    ['bench step --batch -1', /--batch needs a value/],
    ['bench step --source 64', /--source works only with "bench data"/],
    ['demo x', /one argument too many/],
  ];
  it.each(cases)('decant %s', async (line, text) => {
    const { status, stdout, stderr, calls } = await runFake(line.split(' ').filter((word) => word !== ''));
    expect(stderr).toMatch(text);
    expect(stderr).toMatch(/^decant: .*\n$/);
    expect([status, stdout, calls]).toEqual([2, '', []]);
  });

  it.each<[string, string, RegExp]>([
    ['a trailing comma', '{\n  "seed": 1,\n}', /:2:12: there must be no comma before }/],
    ['single quotes', "{'seed': 1}", /:1:2: expected a key in double quotes; found "'"/],
    ['a comment', '{\n // x\n}', /:2:2: comments are not allowed/],
    ['an early end', '{"seed": 1', /:1:11: expected a comma or }; the file ends here/],
    ['a key twice', '{"seed": 1, "seed": 2}', /:1:13: the key "seed" appears twice/],
    ['no object', '[1]', /a recipe is a JSON object/],
    ['nothing', '', /is not a Decant recipe; a recipe is a JSON object/],
    [
      'an unknown key',
      '{"prune": {"importence": "l1"}}',
      /recipe\.json: The recipe has no key "prune.importence"; did you mean "prune.importance"\?/,
    ],
    ['two mistakes', '{"seed": -1, "prune": {"steps": 0}}', /"seed" is -1; .* "prune.steps" is 0;/],
  ])('a recipe file with %s', async (_name, content, text) => {
    const path = join(folder, 'recipe.json');
    await writeFile(path, content);
    const { status, stderr, calls } = await runFake(['compress', 'a', '--recipe', path]);
    expect(stderr).toMatch(text);
    expect(stderr).toMatch(/^decant: .*\n$/);
    expect([status, calls]).toEqual([2, []]);
  });
});

describe('commands', () => {
  it('inspect prints text or JSON, harmless to a terminal', async () => {
    const text = await runFake(['inspect', '/data'], { inspect: async () => INSPECTION });
    expect(text.calls[0]).toMatchObject({ method: 'inspect', options: { path: '/data' } });
    for (const part of [
      'daisy',
      '2 times as many images as the smallest',
      'broken.jpg: it ends early',
      'more than one split',
      'rose: 1 image, at least 5',
    ])
      expect(text.stdout).toContain(part);
    expect(text.stdout).not.toContain('\u001b');
    const json = await runFake(['inspect', '/data', '--json'], { inspect: async () => INSPECTION });
    expect(JSON.parse(json.stdout)).toEqual(INSPECTION);
  });

  it('compress lays --set over the recipe file, over the defaults', async () => {
    const path = join(folder, 'good.json');
    await writeFile(path, '\ufeff{"seed": 5, "prune": {"steps": 2, "macs": 0.7}}');
    const args = [
      'compress',
      '/data',
      '--recipe',
      path,
      '--set',
      'prune.macs=0.5',
      '--set=teacher.width=0.5',
      '--set',
      'student.weights=a=b',
      '--home',
      '/elsewhere',
      '--threads',
      '3',
    ];
    const { status, calls, stdout } = await runFake(args, { compress });
    expect(status).toBe(0);
    const expected = recipeSchema.parse({
      seed: 5,
      prune: { steps: 2, macs: 0.5 },
      teacher: { width: 0.5 },
      student: { weights: 'a=b' },
    });
    expect(calls[0]!.options).toMatchObject({
      dataset: '/data',
      recipe: expected,
      resume: null,
      out: null,
      home: '/elsewhere',
      backend: 'auto',
      threads: 3,
    });
    expect(stdout).toMatch(/Teacher +Full student +Compressed student/);
  });

  it('compress lays the recipe file and --set over a preset, which is made for the dataset', async () => {
    const path = join(folder, 'over.json');
    await writeFile(path, '{"train": {"teacherEpochs": 7}, "student": {"width": 0.5}}');
    const inspect = async () => ({ ...INSPECTION, unlabelled: { ...INSPECTION.unlabelled, images: 970 } });
    const args = ['compress', '/data', '--preset', 'few-labels'];
    const changed = [...args, '--recipe', path, '--set', 'prune.steps=2', '--set', 'teacher.weights=w'];
    const { status, calls } = await runFake(changed, { compress, inspect });
    expect([status, calls.map(({ method }) => method)]).toEqual([0, ['inspect', 'compress']]);
    expect(calls[0]!.options).toMatchObject({ path: '/data' });
    expect(calls[1]!.options.recipe).toMatchObject({
      data: { inputSize: 64 },
      student: { width: 0.5 },
      train: { teacherEpochs: 7, warmUpEpochs: 10 },
      prune: { steps: 2 },
      pretrain: { teacherEpochs: 0, studentEpochs: 100 }, // The teacher is imported.
      distill: { unlabelled: { weight: 1, share: 4 } },
    });
    const plain = await runFake(args, { compress, inspect });
    expect(plain.calls[1]!.options.recipe).toEqual(presetRecipe('few-labels', await inspect()));
    const wrong = await runFake([...args, '--set', 'student.widht=1'], { compress, inspect });
    expect([wrong.status, wrong.calls.length]).toEqual([2, 1]);
    expect(wrong.stderr).toMatch(/no key "student.widht"; did you mean "student.width"/);
    const unknown = await runFake([...args, '--set', '__proto__.x=1'], { compress, inspect });
    expect(unknown.stderr).toMatch(/no key "__proto__"/);
  });

  it('compress explains its presets', async () => {
    const { stdout } = await runFake(['help', 'compress']);
    for (const preset of PRESETS)
      expect(stdout).toMatch(new RegExp(`^  ${preset} +${PRESET_GUIDE[preset].meaning}$`, 'm'));
  });

  it('compress --json prints a report that its schema takes', async () => {
    const { stdout } = await runFake(['compress', '/data', '--json', '--out', 'o'], { compress });
    expect(reportSchema.parse(JSON.parse(stdout))).toEqual(createSampleReport());
  });

  it('a limit of the cache is handed on in bytes, from the option or the environment', async () => {
    const limitOf = async (args: string[], env: Record<string, string> = {}) =>
      (await runFake(['compress', 'd', ...args], { compress }, { env })).calls[0]!.options.cacheLimitBytes;
    expect(await limitOf([])).toBeNull();
    expect(await limitOf(['--cache-limit', '1.5'])).toBe(1.5e9);
    expect(await limitOf([], { DECANT_CACHE_LIMIT: '3' })).toBe(3e9);
    expect(await limitOf(['--cache-limit', '1'], { DECANT_CACHE_LIMIT: '3' })).toBe(1e9);
  });

  it('compress --resume needs no dataset', async () => {
    const { calls } = await runFake(['compress', '--resume', 'r1'], { compress });
    expect(calls[0]!.options).toMatchObject({ dataset: null, recipe: null, resume: 'r1' });
  });

  it('runs lists by default, shows and deletes', async () => {
    const summary = {
      id: 'r1',
      dataset: 'flowers',
      state: 'interrupted' as const,
      createdAt: '2026-01-23T14:02:00.000Z',
      updatedAt: '2026-01-23T14:03:00.000Z',
      stage: 'prune' as const,
      failure: null,
      studentTop1: null,
      teacherTop1: null,
      flopsReduction: null,
    };
    expect((await runFake(['runs'], { listRuns: async () => [] })).stdout).toContain('No runs yet');
    expect((await runFake(['runs', 'list'], { listRuns: async () => [summary] })).stdout).toContain(
      'interrupted in prune',
    );
    const detail = { ...summary, datasetPath: '/d', folder: '/f', report: null, models: [], exports: [], phones: [] };
    const shown = await runFake(['runs', 'show', 'r1'], { showRun: async () => detail });
    expect(shown.stdout).toContain('decant compress --resume r1');
    const deleted = await runFake(['runs', 'delete', 'r1', '--json'], { deleteRun: async () => undefined });
    expect([deleted.calls[0]!.method, JSON.parse(deleted.stdout)]).toEqual(['deleteRun', { deleted: 'r1' }]);
  });

  it('bench and export hand their options on', async () => {
    const bench = await runFake(['bench', 'step', '--size', '96', '--backend', 'simd', '--json'], {
      bench: async () => ({ step_ms: 1 }),
    });
    expect(bench.calls[0]!.options).toEqual({
      what: 'step',
      size: 96,
      batch: null,
      source: null,
      steps: 10,
      backend: 'simd',
      threads: null,
    });
    expect(JSON.parse(bench.stdout)).toEqual({ step_ms: 1 });
    const exported = await runFake(['export', 'r1', '--out', 'x.onnx']);
    expect(exported.calls[0]!.options).toMatchObject({ run: 'r1', format: 'onnx', precision: 'fp32', out: 'x.onnx' });
  });

  describe('export of several files', () => {
    const result = (format: string, precision: string) => ({
      format,
      precision,
      file: `/out/student.${format}`,
      bytes: 1000,
      sha256: 'a1'.repeat(32),
      top1: 0.5,
      groups: [],
      maxAbsDifference: 0.01,
      logitsRange: 20,
      images: 24,
      runtime: 'a runtime',
      latencyMs: null,
    });
    const exportAll = async ({ run }: { run: string }) => ({
      run,
      folder: '/out',
      files: [
        { format: 'onnx', precision: 'fp32', result: result('onnx', 'fp32'), failure: null },
        {
          format: 'coreml',
          precision: 'fp16',
          result: null,
          failure: { code: 'export.mismatch', message: 'A weight of 1e9 cannot be stored in 16 bits.' },
        },
      ],
    });

    it('asks for all formats, tells of each file, and fails in the end where one did', async () => {
      const { status, stdout, stderr, calls } = await runFake(
        ['export', 'r1', '--format', 'all', '--precision', 'all', '--out', 'folder'],
        { exportAll },
      );
      expect(calls.map(({ method }) => method)).toEqual(['exportAll']);
      expect(calls[0]!.options).toMatchObject({
        run: 'r1',
        formats: EXPORT_FORMATS,
        precisions: ['fp32', 'fp16', 'int8', 'int8-only'],
        folder: 'folder',
        stem: 'student',
      });
      expect(stdout).toContain('/out/student.onnx: onnx fp32');
      expect(stdout).toContain('coreml fp16 was not written: A weight of 1e9 cannot be stored in 16 bits.');
      expect(stdout).toContain('r1: 1 of 2 files written to /out');
      expect(status).toBe(1);
      expect(stderr).toMatch(/Not everything was exported: coreml fp16; the reasons are above/);
    });

    it('takes several students, one of which may not be there, and tells of them as JSON', async () => {
      const { status, stdout, stderr, calls } = await runFake(
        ['export', 'r1', 'r2', 'r3', '--precision', 'fp16', '--out', 'f', '--json'],
        {
          exportAll: async ({ run }) => {
            if (run === 'r2') throw new DecantError('run.unknown', 'There is no run r2.');
            const all = await exportAll({ run });
            return { ...all, files: all.files.slice(0, 1) };
          },
        },
      );
      expect(calls.map(({ options }) => [options.run, options.stem])).toEqual([
        ['r1', 'r1-student'],
        ['r2', 'r2-student'],
        ['r3', 'r3-student'],
      ]);
      expect(calls[0]!.options).toMatchObject({ formats: ['onnx'], precisions: ['fp16'] });
      expect(JSON.parse(stdout).map(({ run }: { run: string }) => run)).toEqual(['r1', 'r3']);
      expect(stderr).toContain('There is no run r2.');
      expect(status).toBe(1);
    });

    it('of one run that is not there fails as it does for one file', async () => {
      const { status, stdout, stderr } = await runFake(['export', 'r1', '--format', 'all', '--out', 'f'], {
        exportAll: async () => {
          throw new DecantError('run.unknown', 'There is no run r1.');
        },
      });
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toContain('There is no run r1.');
    });
  });
});

describe('failures', () => {
  it('of a run: status 1 and one line, whatever the message holds', async () => {
    const fail = async (): Promise<never> => {
      throw new DecantError('training.diverged', 'The loss of\nepoch 3\u001b[2J is NaN.');
    };
    const { status, stderr, stdout } = await runFake(['compress', 'd'], { compress: fail });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^decant: The loss of epoch 3�\[2J is NaN\.\n$/);
  });

  it('that nobody expected: status 1, one line, the stack only when asked for', async () => {
    const fail = async (): Promise<never> => {
      throw new TypeError('x is undefined');
    };
    const quiet = await runFake(['compress', 'd'], { compress: fail });
    expect(quiet.stderr).toMatch(/^decant: .*TypeError: x is undefined \(DECANT_DEBUG=1 shows where\)\n$/);
    const loud = await runFake(['compress', 'd'], { compress: fail }, { env: { DECANT_DEBUG: '1' } });
    expect([quiet.status, loud.status]).toEqual([1, 1]);
    expect(loud.stderr).toContain('run-cli.test.ts');
  });
});

describe('a run that fails', () => {
  const failing = (error: Error) => ({
    async compress({ listener }: { listener: RunListener }): Promise<never> {
      listener({ type: 'run.started', run: 'r1', dataset: 'd', resumed: false });
      throw error;
    },
  });
  const lastLine = ({ stderr }: { stderr: string }) => stderr.trimEnd().split('\n').at(-1);

  it.each<[string, Error, number]>([
    ['a full disk', new DecantError('disk.full', 'There is no space left.'), 1],
    ['a failing disk', new DecantError('disk.failed', 'The disk reported an error.'), 1],
    ['a home that became read-only', new DecantError('output.unwritable', 'Cannot write.'), 2],
    ['too little memory', new DecantError('compute.memory', 'The memory is full.'), 1],
    ['a lost graphics card', new DecantError('backend.failed', 'It was lost.'), 1],
    ['what nobody expected', new Error('oh'), 1],
  ])('because of %s says how to go on', async (_name, error, status) => {
    const result = await runFake(['compress', 'd', '--out', 'o'], failing(error));
    expect([result.status, lastLine(result)]).toEqual([status, 'Resume with: decant compress --resume r1 --out o']);
  });

  it('in a way that it would fail in again, or that took it back, says nothing of that', async () => {
    const diverged = await runFake(['compress', 'd'], failing(new DecantError('training.diverged', 'Not finite.')));
    expect(lastLine(diverged)).toBe('decant: Not finite.');
    const showRun = () => Promise.reject(new DecantError('run.unknown', 'There is no such run.'));
    const error = new DecantError('dataset.classes', 'Too few.');
    expect(lastLine(await runFake(['compress', 'd'], { ...failing(error), showRun }))).toBe('decant: Too few.');
    const notBegun = () => Promise.reject(new DecantError('disk.full', 'There is no space left.'));
    expect(lastLine(await runFake(['compress', 'd'], { compress: notBegun }))).toBe('decant: There is no space left.');
  });
});

describe('Ctrl-C', () => {
  const stoppable = async ({ signal, listener }: { signal: AbortSignal; listener: RunListener }): Promise<never> => {
    listener({ type: 'run.started', run: 'r1', dataset: 'd', resumed: false });
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw new DecantError('run.stopped', 'The run was stopped; its checkpoint is written.', { run: 'r1' });
  };

  it('once: stops with 130 and prints the command that goes on', async () => {
    const args = ['compress', 'd', '--home', '/my home', '--out', 'o'];
    const { status, stderr, exits } = await runFake(
      args,
      { compress: stoppable },
      { drive: ({ interrupt }) => interrupt() },
    );
    expect([status, exits]).toEqual([130, []]);
    expect(stderr).toContain('Stopping after this step');
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      "Resume with: decant compress --resume r1 --home '/my home' --out o",
    );
  });

  it('in a clone the command that goes on is npm’s', async () => {
    const options = {
      env: { npm_lifecycle_event: 'decant' },
      drive: ({ interrupt }: { interrupt(): void }) => interrupt(),
    };
    const { stderr } = await runFake(['compress', 'd'], { compress: stoppable }, options);
    expect(stderr).toContain('Resume with: npm run -s decant -- compress --resume r1\n');
  });

  it('twice: ends at once, but not when one Ctrl-C arrives twice', async () => {
    const { exits } = await runFake(
      ['compress', 'd'],
      { compress: stoppable },
      {
        drive: ({ interrupt, tick }) => {
          interrupt();
          interrupt();
          tick(600);
          interrupt();
        },
      },
    );
    expect(exits).toEqual([130]);
    const once = await runFake(
      ['compress', 'd'],
      { compress: stoppable },
      {
        drive: ({ interrupt, tick }) => {
          interrupt();
          tick(20);
          interrupt();
        },
      },
    );
    expect(once.exits).toEqual([]);
  });
});

describe('files that a recipe file names', () => {
  const name = async (recipe: object, ...more: string[]) => {
    const path = join(folder, 'recipe.json');
    await writeFile(path, JSON.stringify(recipe));
    return runFake(['compress', 'd', '--recipe', path, ...more], { compress });
  };

  it('lie beside it', async () => {
    const { calls } = await name({
      teacher: { onnx: { file: 'a.onnx' } },
      student: { weights: 'w.safetensors' },
      train: { teacherEpochs: 0 },
      distill: { reviewkd: { weight: 0 } },
    });
    expect(calls[0]!.options.recipe).toMatchObject({
      teacher: { onnx: { file: join(folder, 'a.onnx') } },
      student: { weights: join(folder, 'w.safetensors') },
    });
  });

  it.each([['/etc/passwd'], ['../w.safetensors'], ['\\\\host\\share\\w.safetensors']])(
    'are refused elsewhere: %s',
    async (weights) => {
      const { status, stderr, calls } = await name({ teacher: { weights } });
      expect([status, calls]).toEqual([2, []]);
      expect(stderr).toMatch(
        /for "teacher\.weights", which lies outside its folder; .* add --allow-files-outside\.\n$/,
      );
    },
  );

  it('are accepted elsewhere where that is allowed, or --set names another', async () => {
    const recipe = { teacher: { weights: '/elsewhere/w.safetensors' } };
    expect((await name(recipe, '--allow-files-outside')).status).toBe(0);
    const { calls } = await name(recipe, '--set', 'teacher.weights=/mine.safetensors');
    expect(calls[0]!.options.recipe).toMatchObject({ teacher: { weights: '/mine.safetensors' } });
  });
});

it('what a file says of itself moves no terminal, in text and in JSON', async () => {
  const architecture = 'net\u001b]0;title\u0007\u009b2J\u202e\nsecond line';
  const evaluateModel = async (): Promise<EvaluationResult> => ({
    target: 'a.onnx',
    architecture,
    dataset: 'set',
    split: 'all',
    images: 1,
    top1: 1,
    top5: 1,
    perClass: [{ name: 'a', images: 1, top1: 1 }],
    confusion: [[1]],
    runtime: 'runtime',
  });
  const { stdout } = await runFake(['evaluate', 'a.onnx', 'set'], { evaluateModel });
  expect(stdout).toContain('net�]0;title��2J��second line');
  expect(stdout).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  const json = await runFake(['evaluate', 'a.onnx', 'set', '--json'], { evaluateModel });
  expect(JSON.parse(json.stdout)).toMatchObject({ architecture });
  expect(json.stdout).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
});

describe('runs that the store lost', () => {
  it('are restored by "doctor --repair", which says so run by run', async () => {
    const repairStore = async () => ({
      setAside: '/home-of-decant/decant-set-aside.sqlite',
      restored: [
        { run: 'r1', name: 'flowers', from: 'record', state: 'finished' } as const,
        { run: 'r2', name: 'old', from: 'report', state: 'finished' } as const,
      ],
      left: [{ run: 'r3', folder: '/home-of-decant/runs/r3', reason: 'It is damaged.' }],
    });
    const { status, stdout, calls } = await runFake(['doctor', '--repair'], { repairStore });
    expect([status, calls.map(({ method }) => method)]).toEqual([0, ['repairStore']]);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'The store was damaged. It lies at /home-of-decant/decant-set-aside.sqlite now, and there is a new one.',
      'Restored r1 "flowers", finished, from its record.',
      'Restored r2 "old", finished, from its report: where its images lie, and its notes, are lost.',
      'Left as it is: /home-of-decant/runs/r3. It is damaged.',
    ]);
    const none = { repairStore: async () => ({ setAside: null, restored: [], left: [] }) };
    expect((await runFake(['doctor', '--repair'], none)).stdout).toBe('There is nothing to repair.\n');
  });

  it('are told of below the list of runs', async () => {
    const { stderr } = await runFake(['runs'], { listRuns: async () => [], countLostRuns: async () => 2 });
    expect(stderr).toMatch(/newest state of 2 runs is only in the folders .* "decant doctor --repair" restores/);
  });
});

describe('doctor', () => {
  it('prints what it found, as text and as JSON', async () => {
    const diagnosis = createSampleDiagnosis();
    const doctor = async ({ listener }: { listener: RunListener }) => {
      listener({ type: 'note.added', message: 'Trying webgpu' });
      return diagnosis;
    };
    const text = await runFake(['doctor', '--threads', '3'], { doctor });
    expect(text).toMatchObject({ status: 0, stderr: 'Trying webgpu\n' });
    expect(text.stdout).toMatch(/Used: simd\.\n$/);
    expect(text.calls[0]).toMatchObject({ method: 'doctor', options: { home: '/home-of-decant', threads: 3 } });
    const json = await runFake(['doctor', '--json'], { doctor });
    expect(JSON.parse(json.stdout)).toEqual(diagnosis);
  });

  it('takes no arguments', async () => {
    const { status, stderr } = await runFake(['doctor', 'webgpu']);
    expect(status).toBe(2);
    expect(stderr).toBe('decant: "webgpu" is one argument too many; expected: none.\n');
  });
});

describe('progress', () => {
  const report = createSampleReport();
  const tell = async ({ listener }: { listener: RunListener }): Promise<typeof report> => {
    listener({ type: 'run.started', run: 'r1', dataset: 'flowers', resumed: false });
    for (let done = 0; done <= 50; done++)
      listener({
        type: 'run.progressed',
        stage: 'teacher',
        done,
        total: 50,
        unit: 'batches',
        elapsedMs: 1,
        remainingMs: 65_000,
      });
    listener({ type: 'epoch.finished', epochs: 20, metrics: report.history[0]! });
    listener({ type: 'cut.made', stage: 'prune', cut: report.cuts[0]! });
    listener({ type: 'step.skipped', stage: 'teacher', epoch: 1, batch: 6, scale: 32768 });
    listener({ type: 'scale.raised', stage: 'baseline', epoch: 0, batch: 1999, scale: 131072 });
    listener({ type: 'warning.raised', message: 'One image cannot be read.' });
    return report;
  };

  it('is a line an epoch where stderr is no terminal', async () => {
    const { stderr, stdout } = await runFake(['compress', 'd', '--json'], { compress: tell });
    expect(stderr.trimEnd().split('\n')).toEqual([
      'Run r1: flowers',
      expect.stringMatching(/^\[teacher\] epoch 1 of 20: loss [\d.]+, validation top-1 [\d.]+\s%, 18\.1\sM MACs/),
      expect.stringMatching(/^\[prune\] cut 1: 26\.4\sM to 23\.75\sM MACs \(−10\.0\s%\), 640 channels removed$/),
      '[teacher] epoch 2, batch 7: a gradient overflowed and the step was skipped; loss scale lowered to 32768',
      '[baseline] epoch 1, batch 2000: loss scale raised to 131072',
      'warning: One image cannot be read.',
    ]);
    expect(() => JSON.parse(stdout)).not.toThrow();
  });

  it('is a bar on a terminal, gone before anything else is written', async () => {
    const { stderr, stdout } = await runFake(['compress', 'd'], { compress: tell }, { terminal: true });
    expect(stderr).toContain('teacher: 0 of 50 batches, 1 min 5 s left');
    expect(stderr).toContain('left\r\u001b[K[teacher] epoch 1');
    expect(stdout).not.toContain('\u001b');
  });
});

describe('weights', () => {
  const entry = {
    id: 'some-weights',
    title: 'Some weights',
    architecture: 'mobilenet-v2',
    width: 1.4,
    publisher: 'someone',
    licence: 'MIT',
    address: 'https://example.com/model.safetensors',
    sizeBytes: 24_700_000,
    state: 'ready',
  } as const;

  it('are listed as a table and as JSON', async () => {
    const listWeights = async () => [entry, { ...entry, id: 'others', state: 'absent' as const }];
    const { stdout } = await runFake(['weights'], { listWeights });
    expect(stdout).toMatch(/some-weights +MobileNetV2 1.4 +24.7.MB +downloaded +MIT +someone/);
    expect(stdout).toMatch(/others .* not downloaded/);
    expect(JSON.parse((await runFake(['weights', 'list', '--json'], { listWeights })).stdout)).toEqual(
      await listWeights(),
    );
  });

  it('are downloaded with progress, and removed', async () => {
    const progress = {
      type: 'run.progressed',
      stage: 'download',
      unit: 'bytes',
      elapsedMs: 1,
      remainingMs: null,
    } as const;
    const { stdout, stderr, calls } = await runFake(
      ['weights', 'download', 'some-weights'],
      {
        downloadWeights: async ({ listener }) => {
          listener({ ...progress, done: 12_350_000, total: 24_700_000 });
          return entry;
        },
      },
      { terminal: true },
    );
    expect(calls[0]).toMatchObject({
      method: 'downloadWeights',
      options: { home: '/home-of-decant', id: 'some-weights' },
    });
    expect(stderr).toMatch(/download: 12.3.MB of 24.7.MB/);
    expect(stdout).toContain('--set teacher.weights=catalogue:some-weights');
    const removed = await runFake(['weights', 'remove', 'some-weights'], { removeWeights: async () => entry });
    expect(removed.stdout).toBe('Removed some-weights.\n');
  });
});
