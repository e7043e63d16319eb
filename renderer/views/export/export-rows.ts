import { EXPORT_FILES } from '../../../shared/run/export-files.ts';
import type { ExportReport } from '../../../shared/run/report.ts';
import { formatPlural } from '../../../shared/text/format.ts';
import type { Format, Precision } from './export-guide.ts';

/** An exported file. */
export type Made = ExportReport;

/** One format in one precision, exported or not. */
export interface ExportRow {
  readonly key: string;
  readonly format: Format;
  readonly precision: Precision;
  /** "TFLite int8". */
  readonly name: string;
  readonly made: Made | null;
  /** Its top-1 minus that of the student as trained, and of the fp32 file; null if unknown. */
  readonly vsTrained: number | null;
  readonly vsFp32: number | null;
  /** Largest difference of a logit, as a share of the logits' range. */
  readonly difference: number | null;
}

export function keyOf(format: string, precision: string): string {
  return `${format}-${precision}`;
}

/** Lists every format in each of its precisions. @param trainedTop1 top-1 of the student as measured after training */
export function listExportRows(exports: readonly Made[], trainedTop1: number | null): ExportRow[] {
  const find = (format: string, precision: string): Made | undefined =>
    exports.find((made) => made.format === format && made.precision === precision);
  const anyFp32 = exports.find(({ precision }) => precision === 'fp32');
  // Its keys are the formats.
  return (Object.keys(EXPORT_FILES) as Format[]).flatMap((format) =>
    EXPORT_FILES[format].precisions.map((precision) => {
      const made = find(format, precision) ?? null;
      const fp32 = precision === 'fp32' ? undefined : (find(format, 'fp32') ?? anyFp32);
      return {
        key: keyOf(format, precision),
        format,
        precision,
        name: `${EXPORT_FILES[format].title} ${precision}`,
        made,
        vsTrained: made && trainedTop1 !== null ? made.top1 - trainedTop1 : null,
        vsFp32: made && fp32 ? made.top1 - fp32.top1 : null,
        difference: made && made.logitsRange > 0 ? made.maxAbsDifference / made.logitsRange : null,
      };
    }),
  );
}

/** Adds an export, which replaces an earlier one of the same format and precision. */
export function withExport(exports: readonly Made[], made: Made): Made[] {
  const key = keyOf(made.format, made.precision);
  return [...exports.filter(({ format, precision }) => keyOf(format, precision) !== key), made];
}

/** The smallest share that a percentage with two decimals can show. */
const SMALLEST = 1e-4;

/** 0.00102 → "0.10 %"; very small shares become "< 0.01 %". */
export function formatRangeShare(share: number): string {
  return share < SMALLEST ? '< 0.01 %' : `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;
}

/** Says how a file was or will be verified. */
export function explainVerified({ format, precision, made, difference }: ExportRow): string {
  const { runtime, foreign } = EXPORT_FILES[format];
  const unseen = foreign === null ? '' : ` ${runtime} itself runs on ${foreign} only: try the file there.`;
  if (!made)
    return foreign === null
      ? 'Decant saves a file only after verifying it: the file must open in its runtime and give the same results on test images as Decant’s own computation.'
      : `Decant saves a file only after checking its structure and computing it with an interpreter of its own, which must give the same results on test images as the student.${unseen}`;
  const opened = `${foreign === null ? `The file was opened in ${made.runtime ?? runtime}.` : 'The structure of the file was checked, and Decant’s own interpreter computed it.'} On ${formatPlural(made.images, 'test image')}, it gives the same results as`;
  const most =
    difference === null
      ? ''
      : `no logit differs by more than ${formatRangeShare(Math.max(difference, SMALLEST))} of the logit range`;
  if (precision === 'fp32') return `${opened} Decant’s own forward pass${most && `: ${most}`}.${unseen}`;
  const bits = precision === 'fp16' ? '16' : '8';
  return `${opened} Decant’s own computation with the same rounded numbers.${most && ` Compared with the student as trained, ${most}. This is the effect of rounding to ${bits} bits.`}${unseen}`;
}
