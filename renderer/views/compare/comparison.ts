import { nameArchitecture } from '../../../shared/run/architectures.ts';
import { GROUP_MEANINGS, GROUPINGS, nameGrouping } from '../../../shared/run/class-groups.ts';
import { countHits, differBeyondChance } from '../../../shared/run/difference-interval.ts';
import {
  formatBytes,
  formatCount,
  formatMilliseconds,
  formatNumber,
  formatPlural,
  formatPoints,
  formatShare,
  formatSignedShare,
} from '../../../shared/text/format.ts';
import { word } from '../../../shared/text/language.ts';
import type { Contender } from './contenders.ts';
import { findReference, type Reference } from './reference.ts';

/** A figure that is compared. */
interface Figure {
  readonly id: string;
  readonly title: string;
  /** Short note beside the title; null: the number of test images. The full convention is a tooltip. */
  readonly brief: string | null;
  readonly convention: string;
  readonly better: 'more' | 'less';
  /** `share`: differences are in points; `amount`: differences are relative. */
  readonly kind: 'share' | 'amount';
  /** What two contenders must share to be compared by this figure. */
  readonly needs: 'nothing' | 'images' | 'machine';
  read(contender: Contender): number | null;
  format(value: number): string;
}

/** Accuracy where the training images are long-tailed: of all classes, which count alike, and by the size of classes. */
const groupFigures = GROUPINGS.map(
  (group): Figure => ({
    id: group,
    title: nameGrouping(group),
    brief: null,
    convention:
      group === 'all'
        ? 'Mean of the top-1 of all classes, each of which counts alike.'
        : `${GROUP_MEANINGS[group]} Mean of the top-1 of its classes, each of which counts alike.`,
    better: 'more',
    kind: 'share',
    needs: 'images',
    read: ({ groups }) => groups[group] ?? null,
    format: formatShare,
  }),
);

const FIGURES: readonly Figure[] = [
  {
    id: 'top1',
    title: 'Top-1',
    brief: null,
    convention: 'Share of test images whose true class is the top prediction.',
    better: 'more',
    kind: 'share',
    needs: 'images',
    read: ({ top1 }) => top1,
    format: formatShare,
  },
  ...groupFigures,
  {
    id: 'top5',
    title: 'Top-5',
    brief: null,
    convention: 'Share of test images whose true class is among the top five predictions.',
    better: 'more',
    kind: 'share',
    needs: 'images',
    read: ({ top5 }) => top5,
    format: formatShare,
  },
  {
    id: 'calibrationError',
    title: 'Calibration error',
    brief: 'ECE',
    convention:
      'How far its confidence is from its accuracy on the test images: expected calibration error of the top prediction, 15 bins, after temperature scaling. The report also gives the value before scaling.',
    better: 'less',
    kind: 'share',
    needs: 'images',
    read: ({ calibrationError }) => calibrationError,
    format: formatShare,
  },
  {
    id: 'unlike',
    title: 'Called unlike',
    brief: null,
    convention:
      'Share of the test images that it takes for unlike its training images. They are not, so each of them is a false alarm.',
    better: 'less',
    kind: 'share',
    needs: 'images',
    read: ({ unlike }) => unlike,
    format: formatShare,
  },
  {
    id: 'validationTop1',
    title: 'Top-1, validation',
    brief: 'so far',
    convention: 'On the validation images, after the latest epoch. Test images are used only at the end.',
    better: 'more',
    kind: 'share',
    needs: 'images',
    read: ({ validationTop1 }) => validationTop1,
    format: formatShare,
  },
  {
    id: 'flops',
    title: 'FLOPs',
    brief: '2 · MACs',
    convention: 'Floating-point operations per image, counted as 2 · MACs.',
    better: 'less',
    kind: 'amount',
    needs: 'nothing',
    read: ({ macs }) => (macs === null ? null : 2 * macs),
    format: formatCount,
  },
  {
    id: 'macs',
    title: 'MACs',
    brief: 'per image',
    convention: 'Multiply-accumulate operations per image, in convolutions and fully connected layers.',
    better: 'less',
    kind: 'amount',
    needs: 'nothing',
    read: ({ macs }) => macs,
    format: formatCount,
  },
  {
    id: 'parameters',
    title: 'Parameters',
    brief: '',
    convention: 'Number of learned values.',
    better: 'less',
    kind: 'amount',
    needs: 'nothing',
    read: ({ parameters }) => parameters,
    format: formatCount,
  },
  {
    id: 'bytes',
    title: 'Size',
    brief: 'fp32 ONNX',
    convention: 'Size of the fp32 ONNX file, with batch norm folded.',
    better: 'less',
    kind: 'amount',
    needs: 'nothing',
    read: ({ bytes }) => bytes,
    format: formatBytes,
  },
  {
    id: 'latencyP50',
    title: 'Latency p50',
    brief: word('batch 1'),
    convention: 'Half of the inferences are faster. One image at a time.',
    better: 'less',
    kind: 'amount',
    needs: 'machine',
    read: ({ latencyP50 }) => latencyP50,
    format: formatMilliseconds,
  },
  {
    id: 'latencyP95',
    title: 'Latency p95',
    brief: word('batch 1'),
    convention: '95 % of the inferences are faster. One image at a time.',
    better: 'less',
    kind: 'amount',
    needs: 'machine',
    read: ({ latencyP95 }) => latencyP95,
    format: formatMilliseconds,
  },
  {
    id: 'fps',
    title: 'FPS',
    brief: word('batch 1'),
    convention: '1000 ms / latency p50, at batch 1.',
    better: 'more',
    kind: 'amount',
    needs: 'machine',
    read: ({ fps }) => fps,
    format: (value) => formatNumber(value, 3),
  },
];

export interface FigureCell {
  readonly key: string;
  readonly value: number | null;
  readonly text: string;
  /** Relative to its reference; empty for the reference itself and where the two cannot be compared. */
  readonly relative: string;
  readonly best: boolean;
  /** Counted before pruning: an upper bound. */
  readonly estimated: boolean;
}

export interface FigureRow {
  readonly id: string;
  readonly title: string;
  readonly brief: string;
  readonly convention: string;
  readonly cells: readonly FigureCell[];
  /** The contender in focus against its reference; null if either is unknown. */
  readonly difference: Difference | null;
  /** Why some cells are not compared; null if all are. */
  readonly caution: string | null;
}

export interface Difference {
  readonly text: string;
  /** Both values scaled so that the larger is 1, for a bar and a mark. */
  readonly value: number;
  readonly reference: number;
  /** `unsure`: chance alone may explain it (95 % confidence). */
  readonly verdict: 'better' | 'worse' | 'same' | 'unsure';
}

const CAUTIONS: Readonly<Record<Figure['needs'], string>> = {
  nothing: '',
  images: 'Accuracy is not compared between runs with different test images.',
  machine: 'Speed is not compared between runs timed on different machines or in different runtimes.',
};

export interface ComparisonChoice {
  /** The key of the contender in focus. */
  readonly focus: string;
  readonly reference: Reference;
  /** Every network of the runs; references need not be shown. */
  readonly all: readonly Contender[];
}

/**
 * Compares every figure that at least one contender has: absolute values, values relative to the reference, the best one,
 * and the difference of the one in focus.
 */
export function compareFigures(
  contenders: readonly Contender[],
  { focus, reference, all }: ComparisonChoice,
): FigureRow[] {
  const chosen = contenders.find(({ key }) => key === focus);
  const bases = new Map(contenders.map((contender) => [contender, findReference(reference, contender, all)]));
  const finished = contenders.every(({ top1, trained }) => top1 !== null || !trained);
  const fewClasses = contenders.every(({ classes }) => classes !== null && classes <= 5);
  return FIGURES.filter(
    ({ id, read }) =>
      contenders.some((contender) => read(contender) !== null) &&
      !(id === 'validationTop1' && finished) &&
      !(id === 'top5' && fewClasses),
  ).map((figure) => {
    const comparable = contenders.filter((contender) => chosen && canCompare(figure, contender, chosen));
    const isCompared = (contender: Contender, base: Contender | undefined): base is Contender =>
      base !== undefined && base.key !== contender.key && canCompare(figure, contender, base);
    const best = findBest(
      figure,
      comparable.filter(({ estimated }) => !estimated),
    );
    return {
      id: figure.id,
      title: figure.title,
      brief: figure.brief ?? countImages(contenders),
      convention: figure.convention,
      cells: contenders.map((contender) => {
        const value = figure.read(contender);
        const base = bases.get(contender);
        return {
          key: contender.key,
          value,
          text: describeValue(figure, contender, value),
          relative: isCompared(contender, base) ? describeChange(figure, value, figure.read(base)) : '',
          best: value !== null && value === best && !contender.estimated,
          estimated: contender.estimated && value !== null && figure.id !== 'validationTop1',
        };
      }),
      difference: chosen ? measureAgainst(bases.get(chosen), chosen) : null,
      caution: comparable.length < contenders.length ? CAUTIONS[figure.needs] : null,
    };

    function measureAgainst(base: Contender | undefined, contender: Contender): Difference | null {
      return isCompared(contender, base) ? measureDifference(figure, contender, base) : null;
    }
  });
}

function countImages(contenders: readonly Contender[]): string {
  const counts = new Set(contenders.map(({ testImages }) => testImages));
  const [only] = counts;
  return counts.size === 1 && only ? formatPlural(only, 'test image') : 'test images';
}

function canCompare({ needs }: Figure, a: Contender, b: Contender): boolean {
  if (needs === 'nothing' || a.run === b.run) return true;
  if (needs === 'machine') return a.machine === b.machine && a.runtime === b.runtime;
  return a.dataset === b.dataset && a.testImages === b.testImages;
}

/** Null if fewer than two values are known, or all are equal. */
function findBest({ better, read }: Figure, contenders: readonly Contender[]): number | null {
  const values = contenders.map(read).filter((value) => value !== null);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.length < 2 || low === high ? null : better === 'more' ? high : low;
}

function describeValue(figure: Figure, { trained }: Contender, value: number | null): string {
  if (value !== null) return figure.format(value);
  return figure.kind === 'share' && !trained ? 'not trained' : '–';
}

function describeChange({ kind }: Figure, value: number | null, reference: number | null): string {
  if (value === null || reference === null) return '';
  if (kind === 'share') return formatPoints(value - reference);
  return reference === 0 ? '' : formatSignedShare(value / reference - 1);
}

function measureDifference(figure: Figure, focus: Contender, base: Contender): Difference | null {
  const [value, reference] = [figure.read(focus), figure.read(base)];
  if (value === null || reference === null) return null;
  const most = Math.max(value, reference);
  const gain = figure.better === 'more' ? value - reference : reference - value;
  return {
    text: describeChange(figure, value, reference),
    value: most === 0 ? 0 : value / most,
    reference: most === 0 ? 0 : reference / most,
    verdict: gain === 0 ? 'same' : isBeyondChance(figure, focus, base) ? (gain > 0 ? 'better' : 'worse') : 'unsure',
  };
}

/** Shares of all test images, of which it can be told whether they differ by more than chance. */
const COUNTED_IMAGES: ReadonlySet<string> = new Set(['top1', 'top5', 'unlike']);

/** Whether two figures differ by more than chance; what is counted or timed does so always, and of an ECE it is not known. */
function isBeyondChance({ id, read }: Figure, focus: Contender, base: Contender): boolean {
  if (id === 'calibrationError') return false;
  if (!COUNTED_IMAGES.has(id)) return true;
  const hits = (contender: Contender) => countHits(read(contender) ?? 0, contender.testImages ?? 0);
  return differBeyondChance(hits(focus), hits(base));
}

export interface FactRow {
  readonly id: string;
  readonly title: string;
  readonly convention: string;
  /** Neighbouring contenders of one run with the same text share one cell. */
  readonly cells: readonly { key: string; run: string; text: string; span: number; endsRun: boolean }[];
}

const FACTS: readonly { id: string; title: string; convention: string; read(contender: Contender): string | null }[] = [
  {
    id: 'architecture',
    title: 'Architecture',
    convention: '',
    read: ({ architecture }) => (architecture === null ? null : nameArchitecture(architecture)),
  },
  {
    id: 'input',
    title: 'Input',
    convention: 'Height × width of the input image, pixels.',
    read: ({ inputSize }) => (inputSize === null ? null : `${inputSize} × ${inputSize} px`),
  },
  {
    id: 'tableLatency',
    title: 'Latency by table',
    convention:
      'Milliseconds for one image by the latency table that the run is limited by: as measured in the table’s runtime on this machine, and as predicted by the table.',
    read: ({ tableLatency }) => tableLatency && describeTableLatency(tableLatency),
  },
  {
    id: 'latencyTable',
    title: 'Latency table',
    convention: 'The limit in milliseconds, the runtime that was timed, and how far predictions are off.',
    read: ({ latencyTable }) => latencyTable,
  },
  {
    id: 'runtime',
    title: 'Runtime',
    convention: 'The runtime used for timing. The networks of a run take turns.',
    read: ({ runtime }) => runtime,
  },
  { id: 'machine', title: 'Machine', convention: 'What inference was timed on.', read: ({ machine }) => machine },
  {
    id: 'memory',
    title: 'Peak memory of the run',
    convention: 'Peak resident memory of the whole run, training and measuring.',
    read: ({ peakMemoryBytes }) => (peakMemoryBytes === null ? null : formatBytes(peakMemoryBytes)),
  },
  { id: 'backend', title: 'Trained on', convention: 'Back end and device.', read: ({ backend }) => backend },
];

function describeTableLatency({ predictedMs, measuredMs }: NonNullable<Contender['tableLatency']>): string {
  return measuredMs === null
    ? `${formatMilliseconds(predictedMs)} predicted`
    : `${formatMilliseconds(measuredMs)} (${formatMilliseconds(predictedMs)} predicted)`;
}

/** Facts that each network has for itself. */
const PER_NETWORK: ReadonlySet<string> = new Set(['architecture', 'input', 'tableLatency']);

/** Lists facts that are not figures; rows without data are left out. */
export function listFacts(contenders: readonly Contender[]): FactRow[] {
  return FACTS.filter(({ read }) => contenders.some((contender) => read(contender) !== null)).map(
    ({ id, title, convention, read }) => {
      const perNetwork = PER_NETWORK.has(id);
      const cells: { key: string; run: string; text: string; span: number; endsRun: boolean }[] = [];
      for (const [i, contender] of contenders.entries()) {
        const text = read(contender) ?? '–';
        const last = cells.at(-1);
        if (!perNetwork && last?.run === contender.run && last.text === text) last.span++;
        else cells.push({ key: contender.key, run: contender.run, text, span: 1, endsRun: false });
        cells.at(-1)!.endsRun = contenders[i + 1]?.run !== contender.run;
      }
      return { id, title, convention, cells };
    },
  );
}

/** The rows of a CSV file: plain numbers, with shares from 0 to 1, sizes in bytes and times in milliseconds. */
export function listComparisonRecords(contenders: readonly Contender[], titles: readonly string[]): string[][] {
  const known = FIGURES.filter(({ read }) => contenders.some((contender) => read(contender) !== null));
  return [
    ['', ...titles],
    ...listFacts(contenders)
      .filter(({ id }) => id === 'architecture')
      .map(({ title, cells }) => [title, ...cells.map(({ text }) => text)]),
    ...known.map(({ id, read }) => [id, ...contenders.map((contender) => String(read(contender) ?? ''))]),
  ];
}
