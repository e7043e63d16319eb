import type { RunColumn, RunRow } from '../../../shared/ipc/topics/runs.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatShare,
  formatSignedShare,
} from '../../../shared/text/format.ts';
import { formatDay, formatMoment } from '../../ui/time.ts';

interface RunColumnEntry {
  readonly title: string;
  /** One sentence: what it is of, and its convention. */
  readonly help: string;
  readonly width: string;
  readonly align?: 'right';
  readonly sortable: boolean;
  text(row: RunRow): string;
}

const figure = { align: 'right', sortable: true } as const;
const show = <Value>(value: Value | null, format: (value: Value) => string): string =>
  value === null ? '–' : format(value);

/** What the table of runs can show of a run beside its name. */
export const RUN_COLUMN_ENTRIES: Readonly<Record<RunColumn, RunColumnEntry>> = {
  state: {
    title: 'State',
    help: 'What the run is doing; of the active one how far it is.',
    width: '136px',
    sortable: true,
    text: ({ state }) => state,
  },
  datasetName: {
    title: 'Dataset',
    help: 'The images that it learns from.',
    width: 'minmax(96px, 1.4fr)',
    sortable: true,
    text: ({ datasetName }) => datasetName,
  },
  studentTop1: {
    ...figure,
    title: 'Top-1',
    help: 'Top-1 of the compressed student on the test images.',
    width: '72px',
    text: ({ studentTop1 }) => formatShare(studentTop1),
  },
  teacherTop1: {
    ...figure,
    title: 'Teacher',
    help: 'Top-1 of the teacher on the test images.',
    width: '80px',
    text: ({ teacherTop1 }) => formatShare(teacherTop1),
  },
  retention: {
    ...figure,
    title: 'Retention',
    help: 'Top-1 of the compressed student as a share of the teacher’s.',
    width: '88px',
    text: ({ studentTop1, teacherTop1 }) =>
      formatShare(studentTop1 === null || !teacherTop1 ? null : studentTop1 / teacherTop1),
  },
  flopsReduction: {
    ...figure,
    title: 'FLOPs',
    help: 'FLOPs of the compressed student compared with the full student.',
    width: '80px',
    text: ({ flopsReduction }) => show(flopsReduction, (reduction) => formatSignedShare(-reduction)),
  },
  macs: {
    ...figure,
    title: 'MACs',
    help: 'MACs of the compressed student, per image.',
    width: '80px',
    text: ({ macs }) => show(macs, formatCount),
  },
  studentBytes: {
    ...figure,
    title: 'Size',
    help: 'Size of the compressed student as an fp32 ONNX file.',
    width: '80px',
    text: ({ studentBytes }) => show(studentBytes, formatBytes),
  },
  latencyMs: {
    ...figure,
    title: 'Latency',
    help: 'Latency p50 of the compressed student for one image, on the machine and in the runtime that the run’s page names.',
    width: '88px',
    text: ({ latencyMs }) => show(latencyMs, formatMilliseconds),
  },
  phoneLatencyMs: {
    ...figure,
    title: 'On phone',
    help: 'Lowest latency p50 of an exported file for one image on a phone, as the run’s page in Compare shows it.',
    width: '96px',
    text: ({ phoneLatencyMs }) => show(phoneLatencyMs, formatMilliseconds),
  },
  elapsedMs: {
    ...figure,
    title: 'Time',
    help: 'Time spent in all stages.',
    width: '104px',
    text: ({ elapsedMs }) => (elapsedMs < 1000 ? '–' : formatDuration(elapsedMs)),
  },
  createdAt: {
    ...figure,
    title: 'Created',
    help: 'When the run was added to the queue.',
    width: '112px',
    text: ({ createdAt }) => formatCreated(createdAt),
  },
  basedOn: {
    title: 'Run again of',
    help: 'The run whose settings it was started from.',
    width: 'minmax(96px, 1.4fr)',
    sortable: false,
    text: ({ basedOn }) => show(basedOn, ({ name }) => name ?? 'a deleted run'),
  },
};

/** Runs of earlier years show the year instead of the time. */
function formatCreated(at: string): string {
  const thisYear = new Date(at).getFullYear() === new Date().getFullYear();
  return thisYear ? formatMoment(Date.parse(at)) : formatDay(at);
}
