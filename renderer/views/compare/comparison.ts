import { nameArchitecture } from '../../../shared/run/architecture-names.ts';
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
import type { Contender } from './contenders.ts';

/** A figure that is compared. */
interface Figure {
  readonly id: string;
  readonly title: string;
  /** What has to stand beside the title; null: the number of test images. The convention in full is a tooltip. */
  readonly brief: string | null;
  readonly convention: string;
  readonly better: 'more' | 'less';
  /** `share`: differences are points; `amount`: differences are shares. */
  readonly kind: 'share' | 'amount';
  /** What has to be the same for two contenders to be compared by it. */
  readonly needs: 'nothing' | 'test images' | 'machine';
  read(contender: Contender): number | null;
  format(value: number): string;
}

const FIGURES: readonly Figure[] = [
  {
    id: 'top1',
    title: 'Top-1',
    brief: null,
    convention: 'share of test images whose label is the best guess',
    better: 'more',
    kind: 'share',
    needs: 'test images',
    read: ({ top1 }) => top1,
    format: formatShare,
  },
  {
    id: 'top5',
    title: 'Top-5',
    brief: null,
    convention: 'share of test images whose label is among the five best guesses',
    better: 'more',
    kind: 'share',
    needs: 'test images',
    read: ({ top5 }) => top5,
    format: formatShare,
  },
  {
    id: 'validationTop1',
    title: 'Top-1, validation',
    brief: 'so far',
    convention: 'after the newest epoch, on the images that choices are made on; the test images come last',
    better: 'more',
    kind: 'share',
    needs: 'test images',
    read: ({ validationTop1 }) => validationTop1,
    format: formatShare,
  },
  {
    id: 'flops',
    title: 'FLOPs',
    brief: '2 · MACs',
    convention: '2 · MACs of one image’s forward pass',
    better: 'less',
    kind: 'amount',
    needs: 'nothing',
    read: ({ macs }) => (macs === null ? null : 2 * macs),
    format: formatCount,
  },
  {
    id: 'macs',
    title: 'MACs',
    brief: 'an image',
    convention: 'multiply-accumulates of one image’s forward pass: convolutions and fully connected layers',
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
    convention: 'numbers that were learnt',
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
    convention: 'fp32 ONNX file, batch norm folded',
    better: 'less',
    kind: 'amount',
    needs: 'nothing',
    read: ({ bytes }) => bytes,
    format: formatBytes,
  },
  {
    id: 'latencyP50',
    title: 'Latency p50',
    brief: 'batch 1',
    convention: 'half of the inferences are faster; one image at a time',
    better: 'less',
    kind: 'amount',
    needs: 'machine',
    read: ({ latencyP50 }) => latencyP50,
    format: formatMilliseconds,
  },
  {
    id: 'latencyP95',
    title: 'Latency p95',
    brief: 'batch 1',
    convention: '95 % of the inferences are faster; one image at a time',
    better: 'less',
    kind: 'amount',
    needs: 'machine',
    read: ({ latencyP95 }) => latencyP95,
    format: formatMilliseconds,
  },
  {
    id: 'fps',
    title: 'FPS',
    brief: 'batch 1',
    convention: '1000 / latency p50, so at batch 1',
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
  /** Against the reference; empty for the reference itself, and where the two cannot be compared. */
  readonly relative: string;
  readonly best: boolean;
  /** Counted before any cut. */
  readonly estimated: boolean;
}

export interface FigureRow {
  readonly id: string;
  readonly title: string;
  readonly brief: string;
  readonly convention: string;
  readonly cells: readonly FigureCell[];
  /** The chosen contender against the reference: null where one of them is not known. */
  readonly difference: Difference | null;
  /** Why some cells are not compared; null where all are. */
  readonly caution: string | null;
}

export interface Difference {
  readonly text: string;
  /** Of both values the larger is 1: what a bar and a mark are drawn by. */
  readonly value: number;
  readonly reference: number;
  readonly verdict: 'better' | 'worse' | 'same';
}

const CAUTIONS: Readonly<Record<Figure['needs'], string>> = {
  nothing: '',
  'test images': 'Runs on other test images are not compared by accuracy.',
  machine: 'Runs timed on another machine, or in another runtime, are not compared by time.',
};

/**
 * Every figure that at least one contender has: absolute, against `reference`, the best marked, and `focus` against
 * `reference`. Both are keys of contenders.
 */
export function compareFigures(
  contenders: readonly Contender[],
  { focus, reference }: { focus: string; reference: string },
): FigureRow[] {
  const base = contenders.find(({ key }) => key === reference);
  const chosen = contenders.find(({ key }) => key === focus);
  const finished = contenders.every(({ top1, trained }) => top1 !== null || !trained);
  const fewClasses = contenders.every(({ classes }) => classes !== null && classes <= 5);
  return FIGURES.filter(
    ({ id, read }) =>
      contenders.some((contender) => read(contender) !== null) &&
      !(id === 'validationTop1' && finished) &&
      !(id === 'top5' && fewClasses),
  ).map((figure) => {
    const comparable = contenders.filter((contender) => base && canCompare(figure, contender, base));
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
        const compared = base && contender !== base && comparable.includes(contender);
        return {
          key: contender.key,
          value,
          text: describeValue(figure, contender, value),
          relative: compared ? describeChange(figure, value, figure.read(base)) : '',
          best: value !== null && value === best && !contender.estimated,
          estimated: contender.estimated && value !== null && figure.id !== 'validationTop1',
        };
      }),
      difference:
        base && chosen && chosen !== base && comparable.includes(chosen)
          ? measureDifference(figure, chosen, base)
          : null,
      caution: comparable.length < contenders.length ? CAUTIONS[figure.needs] : null,
    };
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

/** Null where fewer than two are known, or all are alike: then none is the best. */
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
    verdict: gain > 0 ? 'better' : gain < 0 ? 'worse' : 'same',
  };
}

export interface FactRow {
  readonly id: string;
  readonly title: string;
  readonly convention: string;
  /** Neighbouring contenders of one run that share a text are one cell. */
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
    convention: 'height × width of the image, pixels',
    read: ({ inputSize }) => (inputSize === null ? null : `${inputSize} × ${inputSize} px`),
  },
  { id: 'runtime', title: 'Timed in', convention: 'all networks of a run in turns', read: ({ runtime }) => runtime },
  { id: 'machine', title: 'Timed on', convention: 'the machine', read: ({ machine }) => machine },
  {
    id: 'memory',
    title: 'Peak memory',
    convention: 'resident, of the whole run: training and measuring',
    read: ({ peakMemoryBytes }) => (peakMemoryBytes === null ? null : formatBytes(peakMemoryBytes)),
  },
  { id: 'backend', title: 'Trained on', convention: 'back end and device', read: ({ backend }) => backend },
];

/** What is said rather than counted; rows of which nothing is known are left out. */
export function listFacts(contenders: readonly Contender[]): FactRow[] {
  return FACTS.filter(({ read }) => contenders.some((contender) => read(contender) !== null)).map(
    ({ id, title, convention, read }) => {
      const perNetwork = id === 'architecture' || id === 'input';
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

/** Rows of a CSV file: figures as plain numbers, shares from 0 to 1, sizes in bytes, times in milliseconds. */
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
