import { join } from 'node:path';
import { averageGroups } from '../../../../shared/run/class-groups.ts';
import { EXPORT_FILES, listExportFiles, nameExportFile } from '../../../../shared/run/export-files.ts';
import type { ExportReport } from '../../../../shared/run/report.ts';
import type { ExportResult } from '../../../../shared/run/results.ts';
import {
  EXPORTERS,
  type ExportFormat,
  evaluateExport,
  exportModel,
  type Precision,
  timeExport,
} from '../../export/index.ts';
import type { Quantization } from '../../quantize/index.ts';
import { countClasses, evaluationBatches, spread, untilStopped } from '../context/batches.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import type { TrainedModels } from '../context/trained-models.ts';
import { chooseIntegers, type IntegerContext } from './choose-integers.ts';

/** Test images on which an exported file is compared with our own forward pass, at most. */
const COMPARED_IMAGES = 256;

type Data = Pick<PreparedData, 'cache' | 'splits' | 'classes' | 'fingerprint'>;
type Models = Pick<TrainedModels, 'student' | 'teacher'>;

/** Exports the student in every format and precision of the recipe. Throws as `exportStudent`. */
export async function exportRecipeFiles(
  context: IntegerContext,
  data: Data,
  models: Models,
  { folder, temperature }: { folder: string; temperature: number | null },
): Promise<ExportReport[]> {
  const reports: ExportReport[] = [];
  let chosen: Promise<Quantization> | undefined;
  // The same for all formats.
  const integers = () => (chosen ??= chooseIntegers(context, data, models));
  for (const { format, precision } of listExportFiles(context.recipe.export)) {
    const file = nameExportFile('student', format, precision);
    const path = join(folder, file);
    const how = { format, precision, path, temperature, integers };
    reports.push({ ...(await exportStudent(context, data, models, how)), file });
  }
  return reports;
}

/** How many images a file of the student is run on to be verified and judged. */
export function countExportImages({ splits: { test } }: Pick<Data, 'splits'>): number {
  return Math.min(COMPARED_IMAGES, test.length) + test.length;
}

/**
 * Exports the student as a file, and to a page beside it: verified in the file's runtime against our own forward pass, judged
 * on the test split and timed.
 *
 * @throws the signal's reason; DecantError as `exportModel`
 */
export async function exportStudent(
  context: IntegerContext,
  data: Data,
  models: Models,
  {
    format,
    precision,
    path,
    temperature,
    integers = () => chooseIntegers(context, data, models),
    onImages = () => undefined,
  }: {
    format: ExportFormat;
    precision: Precision;
    path: string;
    /** The student's, which the file is to say; null where it is not known. */
    temperature: number | null;
    /** Gives the integers, for files that compute with them; by default they are chosen. */
    integers?: () => Promise<Quantization>;
    /** Told of images that the file was run on. */
    onImages?: (count: number) => void;
  },
): Promise<ExportResult> {
  const { recipe, listener, signal } = context;
  const exporter = EXPORTERS[format];
  // A stop comes through between two batches; whenever the next one is asked for, the one before is done.
  async function* read(indices: Int32Array) {
    for await (const batch of untilStopped(evaluationBatches(context, data, indices), context)) {
      yield batch;
      onImages(batch.size);
    }
  }
  const { bytes, sha256, verification } = await exportModel({
    format,
    path,
    request: { ...models.student, classes: data.classes, precision, temperature },
    batches: read(spread(data.splits.test, COMPARED_IMAGES)),
    integers,
  });
  if (verification.caveat !== null) listener({ type: 'warning.raised', message: verification.caveat });
  const { top1, perClass } = await evaluateExport({ exporter, bytes, batches: read(data.splits.test) });
  const { latencyRuns: runs, latencyThreads: threads } = recipe.measure;
  // How long our interpreter takes says nothing of a runtime that is not here.
  const latency =
    EXPORT_FILES[format].foreign === null
      ? await timeExport({ exporter, bytes, runs, threads, signal })
      : { latencyMs: null, runtime: verification.runtime };
  return {
    format,
    precision,
    file: path,
    bytes: bytes.byteLength,
    sha256,
    maxAbsDifference: verification.maxAbsDifference,
    logitsRange: verification.range,
    images: verification.images,
    top1,
    groups: [
      ...averageGroups(
        [...countClasses(data)],
        perClass.map((row) => row.top1),
      ),
    ],
    ...latency,
  };
}
