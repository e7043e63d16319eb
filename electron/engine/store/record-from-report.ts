import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../../shared/run/report.ts';
import { CLASSES_FORM } from '../../../shared/stored/dataset-forms.ts';
import { writeStored } from '../../../shared/stored/form.ts';
import { RECIPE_FORM } from '../../../shared/stored/recipe-form.ts';
import { CUT_FORM, EPOCH_FORM, EXPORT_FORM, LAYERS_FORM } from '../../../shared/stored/run-forms.ts';
import type { RunRecordBody, RunRecordFile } from '../../../shared/stored/run-record-form.ts';
import { formatMoment } from '../../../shared/text/format.ts';
import { type RunId, readRunTime } from '../core/ids.ts';
import { ARTIFACT_FILE, hashContent } from './artifacts.ts';
import type { ReadableDb } from './connection.ts';
import { findDatasetLike } from './datasets-queries.ts';
import { runFolder } from './paths.ts';

/**
 * The record of a finished run from before there were records, as far as its report and its files tell: name, note, tags and
 * the split of its images are lost, and where its images lie unless the store knows a dataset of that name and those classes.
 */
export function recordFromReport(
  { db, home }: { db: ReadableDb; home: string },
  run: RunId,
  report: Report,
): RunRecordFile {
  const createdAtMs = readRunTime(run);
  const { name, classes, images, broken } = report.dataset;
  const dataset = findDatasetLike(db, { name, classes }) ?? {
    name,
    path: join('(unknown place)', name),
    fingerprint: '',
    images: images.train + images.validation + images.test + broken,
  };
  let startedAtMs = createdAtMs;
  const body: RunRecordBody = {
    name: `${name} · ${formatMoment(createdAtMs)}`,
    note: '',
    tags: [],
    state: 'finished',
    failure: null,
    createdAtMs,
    updatedAtMs: Date.parse(report.createdAt),
    deletedAtMs: null,
    resumes: report.timing.resumes,
    basedOn: null,
    recipe: writeStored(RECIPE_FORM, report.recipe),
    dataset: { ...dataset, classes: writeStored(CLASSES_FORM, classes) },
    split: null,
    weightsFiles: [],
    finishAsked: false,
    finishPlace: null,
    layers: writeStored(
      LAYERS_FORM,
      report.layers.map(({ name: layer, before, after }) => ({ name: layer, before, now: after })),
    ),
    stages: report.timing.stages.map(({ stage, elapsedMs }) => {
      const row = { stage, startedAtMs, elapsedMs, finished: true };
      startedAtMs += Math.max(1, Math.ceil(elapsedMs));
      return row;
    }),
    sessions: report.sessions.map(({ begunAt, ...session }, i) => ({
      ...session,
      session: i + 1,
      begunAtMs: Date.parse(begunAt),
    })),
    epochs: report.history.map((epoch) => writeStored(EPOCH_FORM, epoch)),
    cuts: report.cuts.map((cut) => writeStored(CUT_FORM, cut)),
    artifacts: findArtifactFiles(home, run),
    phones: [],
    exports: report.exports.map((file) => writeStored(EXPORT_FORM, file)),
    report: null,
  };
  return { revision: 0, sha256: '', run: body };
}

/** Files of a run whose content has the hash that their names begin with; of two of one name the later. */
function findArtifactFiles(home: string, run: RunId): RunRecordBody['artifacts'] {
  const folder = runFolder(home, run);
  const found = new Map<string, RunRecordBody['artifacts'][number]>();
  for (const path of readdirSync(folder)) {
    if (!ARTIFACT_FILE.test(path)) continue;
    const content = readFileSync(join(folder, path));
    const sha256 = hashContent(content);
    const [stem, beginning, extension] = path.split('.');
    if (sha256.slice(0, 12) !== beginning) continue;
    const name = `${stem}.${extension}`;
    const createdAtMs = Math.floor(statSync(join(folder, path)).mtimeMs);
    if ((found.get(name)?.createdAtMs ?? -1) > createdAtMs) continue;
    found.set(name, { name, path, sizeBytes: content.byteLength, sha256, createdAtMs });
  }
  return [...found.values()];
}
