import type { Params, RequestName, Result } from '../../shared/ipc/contract.ts';
import type { EngineStatus } from '../../shared/ipc/topics/app.ts';
import { settingsSchema } from '../../shared/ipc/topics/app.ts';
import type { ImagePrediction } from '../../shared/ipc/topics/compare.ts';
import type { DatasetDetail, DatasetSummary } from '../../shared/ipc/topics/datasets.ts';
import type { AppRun, AppRunState, RunHistory, RunPlan, RunRow, StepPoint } from '../../shared/ipc/topics/runs.ts';
import type { WeightsEntry } from '../../shared/ipc/topics/weights.ts';
import { measureImbalance } from '../../shared/run/class-groups.ts';
import { findFormat, listExportFiles } from '../../shared/run/export-files.ts';
import type { PhoneMeasurement } from '../../shared/run/phone-measurement.ts';
import { EXPORT_FORMATS, PRECISIONS, recipeSchema } from '../../shared/run/recipe.ts';
import type { Report } from '../../shared/run/report.ts';
import type { ExportResult } from '../../shared/run/results.ts';
import { countLineEpochs } from '../../shared/run/stages.ts';
import { createSampleDiagnosis } from '../helpers/sample-diagnosis.ts';
import { createSampleReport } from '../helpers/sample-report.ts';

/** What runs an exported file, by format. */
const RUNTIMES: Readonly<Record<string, string>> = {
  onnx: 'ONNX Runtime 1.30',
  tflite: 'LiteRT 2.4, XNNPACK',
  tfjs: 'TensorFlow.js 4.22',
};

/** Answers by name of request; what is asked and what is answered are checked against the contract by the bridge. */
export type Script = { [Name in RequestName]?: (params: Params<Name>) => Result<Name> | Promise<Result<Name>> };

export const FLOWERS = createSampleReport().dataset.classes;
export const DATASET_ID = 'f10e125000000012';
const STARTED = Date.UTC(2026, 10, 23, 14, 2);

/** A list of `count` names of classes: flowers first, then numbered. */
export function createClassNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => FLOWERS[index] ?? `species ${String(index + 1).padStart(4, '0')}`);
}

export function createDataset({
  classes = 12,
  ...changes
}: { classes?: number } & Partial<DatasetSummary> = {}): DatasetDetail {
  const names = createClassNames(classes);
  const perClass = names.map((_, index) => 60 - ((index * 7) % 23));
  const images = perClass.reduce((sum, count) => sum + count + 20, 0);
  return {
    id: DATASET_ID,
    name: 'flowers12',
    path: '/home/ada/Pictures/flowers12',
    kind: 'folder',
    sample: false,
    classes,
    images,
    unlabelled: 0,
    seenAt: new Date(STARTED).toISOString(),
    missing: false,
    runs: 3,
    ...changes,
    inspection: {
      name: changes.name ?? 'flowers12',
      images,
      hasSplits: true,
      classes: names.map((name, index) => ({
        name,
        images: perClass[index]! + 20,
        splits: { train: perClass[index]!, test: 20 },
      })),
      splits: { train: images - 20 * classes, test: 20 * classes },
      imbalance: measureImbalance(perClass),
      sizes: [
        { from: 128, to: 192, images: Math.round(images * 0.08) },
        { from: 192, to: 256, images: Math.round(images * 0.71) },
        { from: 256, to: 384, images: images - Math.round(images * 0.08) - Math.round(images * 0.71) },
      ],
      unreadable: [{ path: 'train/iris/iris-0412.jpg', reason: 'the file ends in the middle of the image' }],
      duplicates: [['train/rose/rose-0007.jpg', 'train/rose/rose-0113.jpg']],
      leaks: [['train/tulip/tulip-0044.jpg', 'test/tulip/tulip-0003.jpg']],
      nearLeaks: [],
      conflicts: [],
      tooFew: [],
      unlabelled: {
        images: changes.unlabelled ?? 0,
        broken: 0,
        unreadable: [],
        repeated: 0,
        copies: [],
        lookalikes: [],
        leaks: [],
      },
      ignored: [{ path: 'notes.txt', reason: 'not an image' }],
    },
    samples: names.map((name, index) => ({ name, images: [0, 1, 2, 3, 4, 5].map((image) => index * 80 + image) })),
  };
}

export const summarize = ({ inspection: _, samples: __, ...summary }: DatasetDetail): DatasetSummary => summary;

/** `number` names it; states other than `finished` have no results yet. */
export function createRow(number: number, changes: Partial<RunRow> = {}): RunRow {
  const state: AppRunState = changes.state ?? 'finished';
  const finished = state === 'finished';
  const at = new Date(STARTED - number * 3_700_000).toISOString();
  return {
    id: `01run${String(number).padStart(7, '0')}`,
    name:
      ['flowers12 · balanced', 'flowers12 · small for watch', 'flowers12 · quick look'][number % 3] +
      (number < 3 ? '' : ` ${number}`),
    note: number === 0 ? 'The one for the app.' : '',
    tags: number % 4 === 0 ? ['phone'] : [],
    dataset: DATASET_ID,
    datasetName: 'flowers12',
    state,
    stage: finished ? 'export' : state === 'queued' ? null : 'prune',
    failure:
      state === 'failed'
        ? 'The loss is not a finite number in epoch 3, step 41; lower train.optimizer.learningRate.'
        : null,
    createdAt: at,
    updatedAt: at,
    queuePosition: null,
    studentTop1: finished ? 0.86 + 0.05 * Math.abs(Math.sin(number * 1.7)) : null,
    teacherTop1: finished ? 0.921 : null,
    macs: finished ? 12_000_000 + ((number * 977) % 900) * 10_000 : null,
    parameters: finished ? 900_000 + ((number * 577) % 500) * 1000 : null,
    flopsReduction: finished ? 0.25 + 0.3 * Math.abs(Math.cos(number * 2.3)) : null,
    studentBytes: finished ? 3_600_000 + ((number * 577) % 500) * 4000 : null,
    latencyMs: finished ? 1.1 + ((number * 31) % 17) / 20 : null,
    phoneLatencyMs: finished ? 14.2 + ((number * 13) % 11) / 3 : null,
    elapsedMs: finished ? 631_100 + number * 1000 : state === 'queued' ? 0 : 214_000,
    basedOn: null,
    ...changes,
  };
}

/** A run with everything that its page and Compare show. */
export function createRun(
  row: RunRow,
  {
    classes = 12,
    report = row.state === 'finished' ? createSampleReport({ classes: createClassNames(classes) }) : null,
    phones = [],
  }: { classes?: number; report?: Report | null; phones?: PhoneMeasurement[] } = {},
): AppRun {
  const detailState = row.state === 'queued' || row.state === 'paused' ? 'running' : row.state;
  return {
    row,
    recipe: report?.recipe ?? recipeSchema.parse({}),
    detail: {
      id: row.id,
      dataset: row.datasetName,
      state: detailState,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
      stage: row.stage,
      failure: row.failure,
      studentTop1: row.studentTop1,
      teacherTop1: row.teacherTop1,
      flopsReduction: row.flopsReduction,
      datasetPath: '/home/ada/Pictures/flowers12',
      folder: `/home/ada/.local/share/decant/runs/${row.id}`,
      report: report && { ...report, run: row.id },
      models: report ? (['teacher', 'baseline', 'student'] as const).map((role) => ({ ...report[role], role })) : [],
      exports: report?.exports ?? [],
      phones,
    },
  };
}

/** Points of the live curves, as a run gives them: loss falling with noise, MACs falling at each cut. */
export function createSteps(count: number, first = 0): StepPoint[] {
  return Array.from({ length: count }, (_, index) => {
    const step = first + index;
    const noise = Math.sin(step * 12.9898) * 0.5 + Math.sin(step * 4.1414) * 0.3;
    const crossEntropy = 0.6 + 1.9 * Math.exp(-step / 900) + 0.08 * noise;
    const logits = 0.4 + 2.2 * Math.exp(-step / 700) + 0.1 * noise;
    const features = 0.2 + 0.8 * Math.exp(-step / 1400) + 0.04 * noise;
    return {
      stage: step < 400 ? 'warm-up' : step < 1200 ? 'prune' : 'fine-tune',
      step,
      epoch: step / 100,
      loss: 0.5 * crossEntropy + 0.5 * logits + 0.5 * features,
      terms: { crossEntropy, logits, features },
      learningRate: 0.1 * Math.min(1, step / 300) * (0.5 + 0.5 * Math.cos(Math.min(Math.PI, step / 700))),
      factors: {},
      macs: 26_400_000 - Math.min(4, Math.max(0, Math.floor((step - 200) / 200))) * 2_650_000,
      imagesPerSecond: 187 + 6 * noise,
    };
  });
}

/** Five images that stay hard, whose weights change from epoch to epoch. */
function listHardest(epoch: number) {
  return [3, 11, 17, 29, 40].map((image, i) => ({ image, loss: 5 - i / 2, weight: 1 - ((epoch + i) % 4) / 5 }));
}

export function createHistory({ steps = 1000 }: { steps?: number } = {}): RunHistory {
  const report = createSampleReport();
  return {
    epochs: report.history
      .filter(({ stage }) => stage !== 'baseline')
      .map((metrics) => ({ ...metrics, hardest: metrics.stage === 'teacher' ? [] : listHardest(metrics.epoch) })),
    cuts: report.cuts,
    steps: createSteps(steps),
    layers: report.layers.map(({ name, before, after }) => ({ name, before, now: after })),
    search: null,
    log: [
      {
        at: new Date(STARTED).toISOString(),
        level: 'info',
        text: 'Back end simd on CPU, 2 threads: no graphics adapter was found.',
      },
      { at: new Date(STARTED + 4_200).toISOString(), level: 'info', text: 'Stage teacher: 20 epochs.' },
      {
        at: new Date(STARTED + 9_000).toISOString(),
        level: 'warning',
        text: 'One image cannot be read and is left out: train/iris/iris-0412.jpg.',
      },
      {
        at: new Date(STARTED + 230_000).toISOString(),
        level: 'info',
        text: 'Cut 1: 26.4 M to 23.8 M MACs, 640 channels removed.',
      },
    ],
  };
}

export function createStatus(changes: Partial<EngineStatus> = {}): EngineStatus {
  return {
    state: 'ready',
    message: null,
    backend: 'simd',
    device: 'CPU',
    threads: 2,
    imagesPerSecond: null,
    memoryBytes: 318_000_000,
    activeRun: null,
    progress: null,
    remainingMs: null,
    waiting: 0,
    ...changes,
  };
}

export function createPrediction(image: number, classes: readonly string[]): ImagePrediction {
  const label = Math.floor(image / 20) % classes.length;
  const other = (label + 3) % classes.length;
  const third = (label + 5) % classes.length;
  const guesses = (right: number) => [
    { label: right > 0.5 ? label : other, probability: Math.max(right, 1 - right) },
    { label: right > 0.5 ? other : label, probability: Math.min(right, 1 - right) * 0.8 },
    { label: third, probability: Math.min(right, 1 - right) * 0.2 },
  ];
  return {
    image,
    path: `test/${classes[label]}/${classes[label]}-${String(image).padStart(4, '0')}.jpg`,
    label,
    teacher: guesses(0.93),
    student: guesses(image % 3 === 0 ? 0.4 : 0.82),
    baseline: guesses(0.78),
    unlike: image % 40 === 0,
  };
}

type Opinion = Result<'classify.image'>['opinions'][number];

/** What teacher and student say of an image: nothing, calibrated, of an image like the training images, unless it is changed. */
export function createOpinions(change: (role: Opinion['role']) => Partial<Opinion>): Opinion[] {
  return (['teacher', 'student'] as const).map((role) => ({
    role,
    top: [],
    temperature: role === 'teacher' ? 0.812 : 0.703,
    unlike: false,
    latencyMs: role === 'teacher' ? { p50: 2.4, p95: 2.9 } : { p50: 1.3, p95: 1.6 },
    runtime: 'ONNX Runtime 1.30, CPU, 1 thread, batch 1, 20 runs',
    ...change(role),
  }));
}

const WEIGHTS: WeightsEntry[] = (['absent', 'partial', 'ready'] as const).map((state, index) => ({
  id: `mobilenetv3-large-${index}`,
  title: ['MobileNetV3-Large, ImageNet-1k v2', 'MobileNetV3-Large, ImageNet-1k v1', 'MobileNetV2, ImageNet-1k v2'][
    index
  ]!,
  architecture: index < 2 ? 'mobilenet-v3-large' : 'mobilenet-v2',
  width: 1,
  publisher: 'torchvision',
  licence: 'BSD-3-Clause',
  address: 'https://example.org/weights/mobilenet.safetensors',
  sizeBytes: 21_900_000,
  state,
}));

/** A store that the answers below read and change, as the real one would. */
export interface Sample {
  readonly rows: RunRow[];
  readonly datasets: DatasetDetail[];
  status: EngineStatus;
  settings: Result<'settings.read'>;
  readonly classes: number;
  steps: number;
  /** Whether training steps were timed. */
  timed: boolean;
}

export const SAMPLES = {
  /** First start. */
  empty: (): Sample =>
    createSample({ rows: [], datasets: [], status: createStatus({ backend: null, device: null, threads: null }) }),
  /** One dataset, three finished runs. */
  finished: (): Sample => createSample({ rows: [0, 1, 2].map((number) => createRow(number)) }),
  /** A run at work, two waiting, one failed, three finished. */
  running: (): Sample => {
    const active = createRow(9, { state: 'running', name: 'flowers12 · best', stage: 'prune' });
    return createSample({
      rows: [
        active,
        createRow(7, { state: 'queued', name: 'flowers12 · 60 % fewer FLOPs', queuePosition: 1 }),
        createRow(8, { state: 'queued', name: 'flowers12 · V3-Small', queuePosition: 2 }),
        createRow(6, { state: 'failed', name: 'flowers12 · rate 2.0' }),
        ...[0, 1, 2].map((number) => createRow(number)),
      ],
      status: createStatus({
        imagesPerSecond: 187.4,
        memoryBytes: 912_000_000,
        activeRun: active.id,
        progress: 0.42,
        remainingMs: 372_000,
        waiting: 2,
      }),
    });
  },
  /** Ten thousand runs. */
  manyRuns: (): Sample => createSample({ rows: Array.from({ length: 10_000 }, (_, number) => createRow(number)) }),
  /** A thousand classes. */
  manyClasses: (): Sample =>
    createSample({
      rows: [createRow(0)],
      datasets: [createDataset({ classes: 1000, name: 'species1000' })],
      classes: 1000,
    }),
};

/** Of the preset Balanced. */
const TIME: NonNullable<RunPlan['time']> = {
  totalMs: 631_000,
  stages: [
    { stage: 'teacher', ms: 212_000 },
    { stage: 'warm-up', ms: 52_000 },
    { stage: 'prune', ms: 71_000 },
    { stage: 'fine-tune', ms: 98_000 },
    { stage: 'baseline', ms: 171_000 },
    { stage: 'measure', ms: 27_000 },
  ],
  imagesPerSecond: 187.4,
  backend: 'simd',
  basis: 'same',
};

/** As much longer as a recipe has more epochs. */
function timeOf(input: unknown): typeof TIME {
  const recipe = recipeSchema.parse(input);
  const factor = (countLineEpochs('teacher', recipe) + countLineEpochs('student', recipe)) / 50;
  return {
    ...TIME,
    totalMs: factor * TIME.totalMs,
    stages: TIME.stages.map(({ stage, ms }) => ({ stage, ms: factor * ms })),
  };
}

function createSample(parts: Partial<Sample>): Sample {
  return {
    rows: [],
    datasets: [createDataset()],
    status: createStatus(),
    settings: settingsSchema.parse({}),
    classes: 12,
    steps: 1000,
    timed: false,
    ...parts,
  };
}

function find<Item extends { id: string }>(items: readonly Item[], id: string): Item {
  const item = items.find((candidate) => candidate.id === id);
  if (!item) throw new Error(`The sample has nothing with the id ${id}.`);
  return item;
}

/** Answers to every request that the window can ask, out of a sample. Override single ones for the state that a test needs. */
export function answerFrom(sample: Sample): Script {
  const change = (id: string, changes: Partial<RunRow>): RunRow => {
    const at = sample.rows.findIndex((row) => row.id === id);
    const row = { ...find(sample.rows, id), ...changes };
    sample.rows[at] = row;
    return row;
  };
  const dataset = (id: string): DatasetDetail => find(sample.datasets, id);
  const names = createClassNames(sample.classes);
  const hidden = new Map<string, RunRow>();
  return {
    'app.describe': () => ({
      version: '0.1.0',
      platform: 'linux x64',
      electron: '45.5.0',
      home: '/home/ada/.local/share/decant',
      cores: 2,
    }),
    'engine.status': () => sample.status,
    'engine.restart': () => ({}),
    'engine.repairStore': () => ({ setAside: null, restored: [], left: [] }),
    'doctor.run': () => createSampleDiagnosis(),
    'settings.read': () => sample.settings,
    'settings.change': (changes) => {
      sample.settings = settingsSchema.parse({ ...sample.settings, ...changes });
      return sample.settings;
    },
    'settings.pickEngineNode': () => sample.settings,
    'settings.pickHome': () => sample.settings,
    'settings.openHome': () => ({}),
    'recipes.pickWeights': () => ({ path: '/home/ada/weights/teacher.safetensors' }),
    'recipes.open': () => ({ name: 'small.decant', recipe: recipeSchema.parse({ prune: { macs: 0.4 } }) }),
    'recipes.save': () => ({ saved: true }),
    'work.cancel': () => ({}),
    'text.copy': () => ({}),
    'datasets.list': () => sample.datasets.map(summarize),
    'datasets.pick': () => sample.datasets[0] ?? createDataset(),
    'datasets.draw': () => createDataset({ name: 'Drawn shapes', sample: true, id: 'd0a0000000000001' }),
    'datasets.show': ({ dataset: id }) => dataset(id),
    'datasets.refresh': ({ dataset: id }) => dataset(id),
    'datasets.images': ({ dataset: id, label: asked, offset, limit }) => {
      const { images, unlabelled } = dataset(id);
      if (asked === 'unlabelled')
        return {
          total: unlabelled,
          images: Array.from({ length: Math.max(0, Math.min(limit, unlabelled - offset)) }, (_, index) => ({
            index: images + offset + index,
            path: `unlabelled/IMG_${4000 + offset + index}.jpg`,
            label: null,
            split: null,
          })),
        };
      const label = asked;
      const total = label === null ? images : 80;
      return {
        total,
        images: Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, index) => {
          const image = (label ?? 0) * 80 + offset + index;
          const name = names[label ?? Math.floor(image / 80) % names.length]!;
          return {
            index: image,
            path: `train/${name}/${name}-${String(image).padStart(4, '0')}.jpg`,
            label: label ?? Math.floor(image / 80) % names.length,
            split: image % 4 === 0 ? 'test' : 'train',
          };
        }),
      };
    },
    'datasets.forget': ({ dataset: id }) => {
      sample.datasets.splice(
        sample.datasets.findIndex((candidate) => candidate.id === id),
        1,
      );
      return {};
    },
    'runs.list': ({
      text = '',
      states = [],
      tags = [],
      dataset: of = null,
      sort = 'createdAt',
      descending = true,
      offset = 0,
      limit = 100,
    }) => {
      const words = text.toLowerCase().split(/\s+/).filter(Boolean);
      const rows = sample.rows
        .filter((row) => states.length === 0 || states.includes(row.state))
        .filter((row) => tags.every((tag) => row.tags.includes(tag)))
        .filter((row) => of === null || row.dataset === of)
        .filter((row) => {
          const all = [row.name, row.note, row.datasetName, ...row.tags].join(' ').toLowerCase();
          return words.every((word) => all.includes(word));
        })
        .sort((a, b) => {
          const read = (row: RunRow) =>
            sort === 'retention' ? (row.studentTop1 ?? 0) / (row.teacherTop1 ?? 1) : (row[sort] ?? '');
          const [left, right] = [read(a), read(b)];
          const order = left < right ? -1 : left > right ? 1 : 0;
          return descending ? -order : order;
        });
      return { total: rows.length, rows: rows.slice(offset, offset + limit) };
    },
    'datasets.find': ({ images }) => images.map((path) => path.length % 80),
    'runs.openSample': () => {
      const row = createRow(0, { name: 'Sample: drawn pictures' });
      sample.rows.unshift(row);
      return row;
    },
    'runs.countLost': () => ({ runs: 0 }),
    'runs.restoreLost': () => ({ restored: [], left: [] }),
    'runs.tags': () => [{ tag: 'phone', runs: sample.rows.filter((row) => row.tags.includes('phone')).length }],
    'runs.show': ({ run }) => createRun(find(sample.rows, run), { classes: sample.classes }),
    'runs.history': () => createHistory({ steps: sample.steps }),
    'runs.plan': ({ recipe }) => ({
      networks: [
        {
          role: 'teacher',
          architecture: 'mobilenet-v3-large',
          macs: 18_100_000,
          parameters: 4_217_000,
          bytes: 16_928_000,
          estimated: false,
        },
        {
          role: 'baseline',
          architecture: 'mobilenet-v2',
          macs: 26_400_000,
          parameters: 2_239_000,
          bytes: 9_016_000,
          estimated: false,
        },
        {
          role: 'student',
          architecture: 'mobilenet-v2',
          macs: 15_840_000,
          parameters: 1_340_000,
          bytes: 5_420_000,
          estimated: true,
        },
      ],
      problems: [],
      images: { train: 648, validation: 72, test: 240, unlabelled: 0 },
      answers: null,
      latency: { tables: [], studentMs: null, measuringMs: 95_000 },
      balanceAdvice: null,
      reuse: null,
      time: sample.timed ? timeOf(recipe) : null,
    }),
    'runs.measure': () => {
      sample.timed = true;
      return {};
    },
    'runs.start': ({ dataset: id, name }) => {
      const waiting = sample.rows.filter((row) => row.queuePosition !== null).length;
      const row = createRow(sample.rows.length + 20, {
        state: 'queued',
        dataset: id,
        queuePosition: waiting + 1,
        ...(name === undefined ? {} : { name }),
      });
      sample.rows.unshift(row);
      return row;
    },
    'runs.resume': ({ run }) => change(run, { state: 'running' }),
    'runs.pause': ({ run }) => change(run, { state: 'paused' }),
    'runs.stop': ({ run }) => change(run, { state: 'stopped', queuePosition: null }),
    'runs.finishEarly': ({ run }) => change(run, { stage: 'measure' }),
    'runs.move': ({ run, position }) => {
      const waiting = sample.rows
        .filter((row) => row.queuePosition !== null && row.id !== run)
        .sort((a, b) => (a.queuePosition ?? 0) - (b.queuePosition ?? 0))
        .map(({ id }) => id);
      waiting.splice(position - 1, 0, run);
      for (const [index, id] of waiting.entries()) change(id, { queuePosition: index + 1 });
      return {};
    },
    'runs.annotate': ({ run, ...changes }) =>
      change(run, Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))),
    'runs.delete': ({ runs }) => {
      for (const id of runs) {
        const at = sample.rows.findIndex((row) => row.id === id);
        if (at >= 0) for (const row of sample.rows.splice(at, 1)) hidden.set(row.id, row);
      }
      return {};
    },
    'runs.restore': ({ runs }) => {
      for (const id of runs) {
        const row = hidden.get(id);
        if (row) sample.rows.push(row);
      }
      return {};
    },
    'runs.openFolder': () => ({}),
    'compare.predictions': ({ offset, limit, wrongOnly }) => {
      const total = wrongOnly ? 28 : 240;
      return {
        dataset: DATASET_ID,
        classes: names,
        total,
        calibrated: true,
        images: Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, index) =>
          createPrediction((offset + index) * (wrongOnly ? 3 : 1), names),
        ),
      };
    },
    'compare.attention': ({ image }) => ({
      dataset: DATASET_ID,
      image,
      levels: [16, 8, 4].map((size, level) => {
        const map = (tap: string, shift: number) => ({
          tap,
          height: size,
          width: size,
          values: Array.from({ length: size * size }, (_, index) => {
            const x = (index % size) / size - 0.5 + shift;
            const y = Math.floor(index / size) / size - 0.45;
            return Math.exp(-8 * (x * x + y * y));
          }),
        });
        return { teacher: map(`teacher.stage${level + 2}`, 0), student: map(`student.stage${level + 2}`, 0.06) };
      }),
    }),
    'compare.points': () =>
      sample.rows
        .filter((row) => row.state === 'finished')
        .slice(0, 500)
        .flatMap((row) =>
          [
            {
              role: 'student' as const,
              macs: row.macs ?? 0,
              parameters: row.parameters ?? 0,
              top1: row.studentTop1 ?? 0,
            },
            { role: 'teacher' as const, macs: 18_100_000, parameters: 4_217_000, top1: 0.921 },
            { role: 'baseline' as const, macs: 26_400_000, parameters: 2_239_000, top1: 0.9 },
          ].map((point) => ({ run: row.id, name: row.name, dataset: row.dataset, ...point })),
        ),
    'classify.image': () => ({
      opinions: createOpinions(() => ({
        top: names.slice(0, 5).map((name, index) => ({ name, probability: [0.86, 0.08, 0.03, 0.02, 0.01][index]! })),
      })),
    }),
    'exports.save': ({ format, precision }) => makeExport(format, precision),
    'exports.saveAll': ({ runs }) =>
      runs.map((run) => ({
        run,
        failure: null,
        all: {
          run,
          folder: '/home/ada/models',
          files: listExportFiles({ formats: EXPORT_FORMATS, precisions: PRECISIONS }).map(({ format, precision }) =>
            format === 'onnx' && precision === 'int8'
              ? {
                  format,
                  precision,
                  result: null,
                  failure: {
                    code: 'export.mismatch',
                    message:
                      'The onnx file’s logits differ by up to 9.1 from the network’s, whose range is 21.4 (allowed: 0.5 of it); nothing was written; it loses too much accuracy at 8 bits, export in fp16.',
                  },
                }
              : { format, precision, result: makeExport(format, precision), failure: null },
          ),
        },
      })),
    'exports.openFolder': () => ({}),
    'exports.openReport': () => ({}),
    'exports.showInFolder': () => ({}),
    'exports.openUsePage': () => ({}),
    'exports.saveReport': () => ({ saved: true }),
    'weights.list': () => WEIGHTS,
    'weights.download': ({ id }) => ({ ...find(WEIGHTS, id), state: 'ready' }),
    'weights.remove': ({ id }) => ({ ...find(WEIGHTS, id), state: 'absent' }),
    'latency.list': () => [],
  };
}

/** What the engine says of a file that it has written. */
function makeExport(format: string, precision: string): ExportResult {
  const foreign = findFormat(format)?.foreign ?? null;
  return {
    format,
    precision,
    file: `/home/ada/student.${format}`,
    bytes: precision === 'int8' ? 1_240_000 : precision === 'fp16' ? 2_250_000 : 4_480_000,
    sha256: 'a1'.repeat(32),
    maxAbsDifference: precision === 'fp32' ? 0.0000081 : 0.021,
    logitsRange: 21.4,
    images: 64,
    top1: precision === 'int8' ? 0.871 : 0.875,
    groups: [],
    latencyMs: foreign === null ? { p50: 1.3, p95: 1.6 } : null,
    runtime:
      foreign === null ? `${RUNTIMES[format] ?? format}, CPU, 1 thread, batch 1` : 'Decant’s Core ML interpreter',
  };
}
