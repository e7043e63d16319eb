import { FORMAT_PRECISIONS } from '../../../shared/run/export-files.ts';
import type { ExportReport } from '../../../shared/run/report.ts';
import { formatPlural } from '../../../shared/text/format.ts';
import { FORMAT_ORDER, FORMATS, type Format, type Precision } from './export-guide.ts';

/** A file that was exported; `runtime`, with version and threads, is known of those made just now. */
export interface Made extends ExportReport {
  readonly runtime?: string;
}

/** One format in one precision, exported or not. */
export interface ExportRow {
  readonly key: string;
  readonly format: Format;
  readonly precision: Precision;
  /** "TFLite int8". */
  readonly name: string;
  readonly made: Made | null;
  /** Its top-1 less that of the student as trained, and of the same format in fp32; null where one is not known. */
  readonly vsTrained: number | null;
  readonly vsFp32: number | null;
  /** Largest difference of a logit, as a share of the logits' range. */
  readonly difference: number | null;
}

export function keyOf(format: string, precision: string): string {
  return `${format}-${precision}`;
}

/** Every format in every precision that it has. @param trainedTop1 of the student as it was measured after training */
export function listExportRows(exports: readonly Made[], trainedTop1: number | null): ExportRow[] {
  const find = (format: string, precision: string): Made | undefined =>
    exports.find((made) => made.format === format && made.precision === precision);
  const anyFp32 = exports.find(({ precision }) => precision === 'fp32');
  return FORMAT_ORDER.flatMap((format) =>
    FORMAT_PRECISIONS[format].map((precision) => {
      const made = find(format, precision) ?? null;
      const fp32 = precision === 'fp32' ? undefined : (find(format, 'fp32') ?? anyFp32);
      return {
        key: keyOf(format, precision),
        format,
        precision,
        name: `${FORMATS[format].name} ${precision}`,
        made,
        vsTrained: made && trainedTop1 !== null ? made.top1 - trainedTop1 : null,
        vsFp32: made && fp32 ? made.top1 - fp32.top1 : null,
        difference: made && made.logitsRange > 0 ? made.maxAbsDifference / made.logitsRange : null,
      };
    }),
  );
}

/** The exports with one more, which takes the place of an earlier one of its format and precision. */
export function withExport(exports: readonly Made[], made: Made): Made[] {
  const key = keyOf(made.format, made.precision);
  return [...exports.filter(({ format, precision }) => keyOf(format, precision) !== key), made];
}

/** The smallest share that two decimals of a percentage show. */
const SMALLEST = 1e-4;

/** 0.00102 → "0.10 %"; what is too small to matter is said to be so. */
export function formatRangeShare(share: number): string {
  return share < SMALLEST ? '< 0.01 %' : `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;
}

/** What "verified" means for a file, in a sentence or two. */
export function explainVerified({ format, precision, made, difference }: ExportRow): string {
  if (!made)
    return 'A file is written only once it is verified: opened in its runtime, and giving on test images what Decant’s own computation gives.';
  const opened = `The file was opened in ${made.runtime ?? FORMATS[format].runtime} and gave, on ${formatPlural(made.images, 'test image')},`;
  const most =
    difference === null
      ? ''
      : `no logit differs by more than ${formatRangeShare(Math.max(difference, SMALLEST))} of their range`;
  if (precision === 'fp32') return `${opened} the answers of Decant’s own forward pass${most && `: ${most}`}.`;
  const bits = precision === 'fp16' ? '16' : '8';
  return `${opened} what Decant’s own computation with the same rounded numbers gives.${most && ` Against the student as trained, ${most}: that is what rounding to ${bits} bits does.`}`;
}
