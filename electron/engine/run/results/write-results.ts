import { rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Report } from '../../../../shared/run/report.ts';
import { writeStored } from '../../../../shared/stored/form.ts';
import { NETWORK_FORM } from '../../../../shared/stored/network-form.ts';
import { REPORT_FORM } from '../../../../shared/stored/run-forms.ts';
import { describeWriteFailure, removeTemporaryFiles, writeFileAtomically } from '../../core/atomic-file.ts';
import type { RunId } from '../../core/ids.ts';
import { makeFolder } from '../../core/make-folder.ts';
import { describePreprocessing } from '../../export/index.ts';
import { encodeWeights } from '../../model/index.ts';
import type { ReadableStore } from '../../store/index.ts';
import type { Model } from '../context/models.ts';
import type { TrainedModels } from '../context/trained-models.ts';
import { readResults } from './kept-results.ts';
import { renderReportHtml } from './report-html.ts';

/** Writes everything that a person takes along into a run's results folder, beside its exports. */
export async function writeResults(folder: string, report: Report, { teacher, student }: TrainedModels): Promise<void> {
  await writeFileAtomically(
    join(folder, 'report.json'),
    `${JSON.stringify(writeStored(REPORT_FORM, report), null, 2)}\n`,
  );
  await writeFileAtomically(join(folder, 'report.html'), renderReportHtml(report));
  await writeFileAtomically(join(folder, 'labels.txt'), `${report.dataset.classes.map(toLine).join('\n')}\n`);
  const preprocessing = describePreprocessing(student.network);
  await writeFileAtomically(join(folder, 'preprocessing.json'), `${JSON.stringify(preprocessing, null, 2)}\n`);
  // One in a file stays where it is.
  if (teacher.model) await writeModel(join(folder, 'teacher'), teacher.model);
  await writeModel(join(folder, 'student'), student);
}

/** A class a line, whatever its folder is called. */
function toLine(name: string): string {
  return name.replace(/[\r\n]+/g, ' ');
}

async function writeModel(folder: string, { network, weights }: Model): Promise<void> {
  await writeFileAtomically(
    join(folder, 'network.json'),
    `${JSON.stringify(writeStored(NETWORK_FORM, network), null, 2)}\n`,
  );
  await writeFileAtomically(join(folder, 'weights.safetensors'), encodeWeights(network, weights));
}

const PROBE = '.decant-write-test';

/**
 * Makes sure, before hours of work, that an output folder can be written, and takes away what a killed process left there.
 *
 * @returns takes back the folders that were made for it, as long as they are empty
 * @throws DecantError `output.unwritable`, `disk.full`
 */
export async function claimOutput(out: string): Promise<() => Promise<void>> {
  const folder = resolve(out);
  let made: string | undefined;
  try {
    made = makeFolder(folder);
  } catch (error) {
    throw describeWriteFailure(out, error);
  }
  const withdraw = async () => {
    if (made !== undefined) await removeEmptyFolders(folder, made);
  };
  try {
    await removeTemporaryFiles(folder);
    await writeFileAtomically(join(folder, PROBE), '');
    await rm(join(folder, PROBE), { force: true });
  } catch (error) {
    await withdraw();
    throw error;
  }
  return withdraw;
}

/** From `inner` up to `outer`, until one is not empty. */
async function removeEmptyFolders(inner: string, outer: string): Promise<void> {
  for (let folder = inner; ; folder = dirname(folder)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!removed || folder === outer) return;
  }
}

/**
 * Copies a finished run's results over an output folder, once all of them are found to be what was written; each file whole
 * or not at all. Takes away what a killed process left there of an earlier copy.
 *
 * @throws DecantError `results.damaged`, `output.unwritable`, `disk.full`
 */
export async function copyResults(store: ReadableStore, id: RunId, to: string): Promise<void> {
  const folders = new Set<string>([to]);
  for await (const { path } of readResults(store, id)) folders.add(dirname(join(to, path)));
  for (const folder of folders) await removeTemporaryFiles(folder);
  for await (const { path, content } of readResults(store, id)) await writeFileAtomically(join(to, path), content);
}
