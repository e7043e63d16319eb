import { recipeSchema } from '../../shared/run/recipe.ts';
import {
  CONVENTIONS,
  type EpochMetrics,
  type ModelReport,
  REPORT_VERSION,
  type Report,
} from '../../shared/run/report.ts';
import type { Stage } from '../../shared/run/stages.ts';

const CLASSES = [
  'daisy',
  'dandelion',
  'foxglove',
  'iris',
  'lavender',
  'lily',
  'poppy',
  'rose',
  'sunflower',
  'thistle',
  'tulip',
  'violet',
];
const PER_CLASS = 20;
const WIDTHS = [32, 96, 144, 144, 192, 192, 192, 384, 384, 384, 384, 576, 576, 576, 960, 960, 960, 1280];
const RUNTIME = 'ONNX Runtime 1.30, CPU, 1 thread, batch 1';

/** A made-up report with plausible figures: the kind that a run on twelve flowers gives. */
export function createSampleReport({ classes = CLASSES }: { classes?: readonly string[] } = {}): Report {
  const teacher = confuse(classes.length, 2, 1);
  const baseline = confuse(classes.length, 3, 2);
  const student = confuse(classes.length, 3, 5);
  return {
    version: REPORT_VERSION,
    run: '01kasample0000',
    createdAt: '2026-01-23T14:02:00.000Z',
    decant: '0.1.0',
    seed: 1,
    dataset: {
      name: 'flowers12',
      classes: [...classes],
      images: { train: 648, validation: 72, test: classes.length * PER_CLASS, unlabelled: 0 },
      broken: 1,
    },
    recipe: recipeSchema.parse({}),
    backend: { name: 'simd', device: 'CPU', threads: 2, precision: 'f32', reason: 'no graphics adapter was found' },
    machine: {
      platform: 'linux x64',
      cpu: 'Example CPU at 2.6 GHz',
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      node: '24.21.0',
    },
    teacher: describe('mobilenet-v3-large', 4_217_000, 18_100_000, teacher, { p50: 2.4, p95: 2.9 }),
    baseline: describe('mobilenet-v2', 2_239_000, 26_400_000, baseline, { p50: 2.1, p95: 2.6 }),
    student: describe('mobilenet-v2', 1_104_000, 15_800_000, student, { p50: 1.3, p95: 1.6 }),
    alone: null,
    latency: null,
    search: null,
    retention: {
      vsTeacher: share(student) / share(teacher),
      vsBaseline: share(student) / share(baseline),
    },
    reduction: {
      flopsVsTeacher: 1 - 15.8 / 18.1,
      flopsVsBaseline: 1 - 15.8 / 26.4,
      parametersVsBaseline: 1 - 1104 / 2239,
    },
    cka: ['stage2', 'stage3', 'stage4'].flatMap((t, i) =>
      ['stage2', 'stage3', 'stage4'].map((s, j) => ({
        teacher: `teacher.${t}`,
        student: `student.${s}`,
        value: Math.max(0.12, 0.91 - 0.27 * Math.abs(i - j) - 0.03 * i),
        distilled: i === j,
      })),
    ),
    perClass: classes.map((name, i) => ({
      name,
      images: PER_CLASS,
      trainImages: 60,
      top1: student[i]![i]! / PER_CLASS,
      teacherTop1: teacher[i]![i]! / PER_CLASS,
      baselineTop1: baseline[i]![i]! / PER_CLASS,
    })),
    calibration: {
      teacher: { temperature: 0.812, errorBefore: 0.061, errorAfter: 0.024 },
      baseline: { temperature: 0.645, errorBefore: 0.083, errorAfter: 0.031 },
      student: { temperature: 0.703, errorBefore: 0.074, errorAfter: 0.019 },
    },
    unlike: { teacher: 0.025, student: 0.029, either: 0.046 },
    hardestImages: [
      {
        path: 'train/daisy/0001.jpg',
        class: classes[0]!,
        loss: 4.2,
        weights: [
          { epoch: 18, weight: 0.25 },
          { epoch: 19, weight: 0.75 },
        ],
      },
    ],
    confusion: { teacher, baseline, student },
    layers: WIDTHS.map((before, i) => ({
      name: i === 0 ? 'stem.conv' : i === WIDTHS.length - 1 ? 'head.conv' : `block${i}.expand`,
      before,
      after: i === 0 ? before : Math.max(8, Math.round((before * (0.45 + 0.4 * Math.abs(Math.sin(i)))) / 8) * 8),
    })),
    history: [
      ...train('teacher', 0, 20, 0.93, 18_100_000),
      ...train('warm-up', 0, 4, 0.72, 26_400_000),
      ...train('prune', 4, 6, 0.84, 19_000_000),
      ...train('fine-tune', 10, 10, 0.9, 15_800_000),
      ...train('baseline', 4, 16, 0.9, 26_400_000),
    ],
    cuts: [1, 2, 3, 4].map((cut) => ({
      cut,
      epoch: 4 + Math.floor((6 * (cut - 1)) / 4),
      macsBefore: 26_400_000 - (cut - 1) * 2_650_000,
      macsAfter: 26_400_000 - cut * 2_650_000,
      parametersBefore: 2_239_000 - (cut - 1) * 283_750,
      parametersAfter: 2_239_000 - cut * 283_750,
      channelsRemoved: 640,
    })),
    exports: [
      {
        format: 'onnx',
        precision: 'fp32',
        file: 'student.onnx',
        bytes: 4_480_000,
        sha256: 'a1'.repeat(32),
        top1: share(student),
        groups: [],
        maxAbsDifference: 0.0000081,
        logitsRange: 21.4,
        images: 64,
        runtime: 'onnxruntime-node 1.30.0, CPU, 1 thread, batch 1',
        latencyMs: { p50: 1.3, p95: 1.6 },
      },
    ],
    timing: {
      stages: [
        { stage: 'prepare', elapsedMs: 4_200 },
        { stage: 'teacher', elapsedMs: 212_000 },
        { stage: 'warm-up', elapsedMs: 52_000 },
        { stage: 'prune', elapsedMs: 71_000 },
        { stage: 'fine-tune', elapsedMs: 98_000 },
        { stage: 'baseline', elapsedMs: 171_000 },
        { stage: 'measure', elapsedMs: 21_000 },
        { stage: 'export', elapsedMs: 1_900 },
      ],
      totalMs: 631_100,
      resumes: 0,
    },
    sessions: [
      {
        begunAt: '2026-01-23T13:31:00.000Z',
        backend: 'simd',
        device: 'CPU',
        threads: 2,
        precision: 'f32',
        peakMemoryBytes: 912 * 2 ** 20,
      },
    ],
    peakMemoryBytes: 912 * 2 ** 20,
    notes: [],
    conventions: [...CONVENTIONS],
  };
}

/** Rows of true classes with `wrong` of the images, more in some classes, guessed as a neighbour. */
function confuse(classes: number, wrong: number, salt: number): number[][] {
  return Array.from({ length: classes }, (_, row) => {
    const line = new Array<number>(classes).fill(0);
    const missed = classes === 1 ? 0 : (row * salt + wrong) % (wrong + 2);
    line[row] = PER_CLASS - missed;
    if (missed > 0) line[(row + 1 + (salt % Math.max(1, classes - 1))) % classes]! += missed;
    return line;
  });
}

function share(confusion: number[][]): number {
  return confusion.reduce((sum, row, i) => sum + row[i]!, 0) / (confusion.length * PER_CLASS);
}

function describe(
  architecture: string,
  parameters: number,
  macs: number,
  confusion: number[][],
  latencyMs: { p50: number; p95: number },
): ModelReport {
  return {
    architecture,
    inputSize: 64,
    parameters,
    macs,
    flops: 2 * macs,
    bytes: parameters * 4 + 60_000,
    top1: share(confusion),
    top5: Math.min(1, share(confusion) + 0.06),
    latencyMs,
    fps: 1000 / latencyMs.p50,
    runtime: RUNTIME,
  };
}

function train(stage: Stage, first: number, epochs: number, best: number, macs: number): EpochMetrics[] {
  return Array.from({ length: epochs }, (_, i) => {
    const progress = 1 - Math.exp((-3 * (i + 1)) / epochs);
    return {
      stage,
      epoch: first + i,
      learningRate: 0.1 * (1 - i / epochs),
      loss: 2.6 - 2 * progress,
      terms: { crossEntropy: 2.4 - 1.8 * progress, ...(stage === 'teacher' ? {} : { logits: 3 - 2.5 * progress }) },
      trainTop1: Math.min(1, best * progress + 0.03),
      validationTop1: Math.min(1, best * progress + 0.01 * Math.sin(3 * i)),
      validationLoss: 2.5 - 1.9 * progress,
      macs,
      imagesPerSecond: 190,
      elapsedMs: 9_800,
      skippedSteps: 0,
      lossScale: null,
      hardest: [],
      embedding: null,
    };
  });
}
