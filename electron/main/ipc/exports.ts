import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import type { REQUESTS } from '../../../shared/ipc/contract.ts';
import { EXPORT_FILES, type ExportFormat, listExportFiles, nameExportFile } from '../../../shared/run/export-files.ts';
import { EXPORT_FORMATS, PRECISIONS } from '../../../shared/run/recipe.ts';
import { formatPlural } from '../../../shared/text/format.ts';
import { DecantError } from '../../engine/index.ts';
import type { Question } from '../desktop.ts';
import { makeFileName } from '../files/make-file-name.ts';
import type { Handlers, MainContext, Topic } from './context.ts';
import { expectAnswer, PassedFailure } from './expect-answer.ts';

interface ExportName {
  readonly run: string;
  readonly format: ExportFormat;
  readonly precision: string;
}

export const exportHandlers: Handlers<Topic<'exports'>> = {
  async 'exports.save'({ run, format, precision, work }, { desktop, host }) {
    const { row } = await expectAnswer(host.ask('runs.show', { run }));
    const extension = EXPORT_FILES[format].extension;
    const picked = await desktop.pickTarget({
      title: 'Export the student',
      defaultName: makeFileName(`${row.name} ${precision}`, extension),
      filters: [{ name: format, extensions: [extension.slice(1)] }],
    });
    if (picked === null) return null;
    const file = picked.toLowerCase().endsWith(extension) ? picked : `${picked}${extension}`;
    return expectAnswer(host.ask('exports.write', { run, format, precision, file, work }));
  },
  async 'exports.saveAll'({ runs, work }, { desktop, host, saved }) {
    const names = new Map<string, string>();
    for (const run of new Set(runs)) {
      const { row } = await expectAnswer(host.ask('runs.show', { run }));
      names.set(run, takeFreeName(makeFileName(row.name, ''), [...names.values()]));
    }
    const folder = await desktop.pick({ title: 'Export in all formats', kind: 'folder' });
    if (folder === null) return null;
    const there = listExportFiles({ formats: EXPORT_FORMATS, precisions: PRECISIONS })
      .flatMap(({ format, precision }) => [...names.values()].map((stem) => nameExportFile(stem, format, precision)))
      .filter((name) => existsSync(join(folder, name)));
    if (there.length > 0 && !(await desktop.confirm(askToReplace(folder, there)))) return null;
    const results: NonNullable<z.input<(typeof REQUESTS)['exports.saveAll']['result']>> = [];
    for (const [run, stem] of names) {
      // Also where it is cancelled, some files are there.
      saved.remember(`folder ${run}`, folder);
      const answer = await host.ask('exports.writeAll', { run, folder, stem, work });
      if (answer.ok) results.push({ run, all: answer.value, failure: null });
      else if (answer.failure.code === 'work.cancelled') throw new PassedFailure(answer.failure);
      else results.push({ run, all: null, failure: answer.failure });
    }
    return results;
  },
  async 'exports.openFolder'({ run }, { desktop, saved }) {
    await desktop.open(saved.find(`folder ${run}`));
    return {};
  },
  async 'exports.showInFolder'(params, context) {
    context.desktop.showInFolder(await findExport(params, context));
    return {};
  },
  async 'exports.openUsePage'(params, context) {
    const page = `${await findExport(params, context)}.html`;
    if (!existsSync(page)) throw gone(page);
    await context.desktop.open(page);
    return {};
  },
  async 'exports.saveReport'({ run, kind }, { desktop, host, saved }) {
    const { row } = await expectAnswer(host.ask('runs.show', { run }));
    const file = await desktop.pickTarget({
      title: 'Save the report',
      defaultName: makeFileName(`${row.name} report`, `.${kind}`),
      filters: [{ name: kind.toUpperCase(), extensions: [kind] }],
    });
    if (file === null) return { saved: false };
    await expectAnswer(host.ask('exports.writeReport', { run, kind, file }));
    saved.remember(`${kind} report ${run}`, file);
    return { saved: true };
  },
  async 'exports.openReport'({ run, kind }, { desktop, saved }) {
    await desktop.open(saved.find(`${kind} report ${run}`));
    return {};
  },
};

/** A name that none of the others is: several runs may have one. */
function takeFreeName(wanted: string, others: readonly string[]): string {
  let name = wanted;
  for (let i = 2; others.includes(name); i++) name = `${wanted} ${i}`;
  return name;
}

function askToReplace(folder: string, names: readonly string[]): Question {
  return {
    title: 'Replace files',
    message: `Replace ${formatPlural(names.length, 'file')} in “${basename(folder)}”?`,
    detail: names.join('\n'),
    accept: 'Replace',
  };
}

/** The file last written for a run in a format and precision. */
async function findExport({ run, format, precision }: ExportName, { host }: MainContext): Promise<string> {
  const { detail } = await expectAnswer(host.ask('runs.show', { run }));
  const found = detail.exports.find((made) => made.format === format && made.precision === precision);
  if (!found)
    throw new DecantError(
      'output.unwritable',
      `This run has not been exported as ${format} ${precision} yet; export it first.`,
    );
  if (!existsSync(found.file)) throw gone(found.file);
  return found.file;
}

function gone(file: string): DecantError {
  return new DecantError('output.unwritable', `${file} no longer exists; export it again.`, { file });
}
