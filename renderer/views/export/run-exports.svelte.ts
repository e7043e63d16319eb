import { SvelteMap } from 'svelte/reactivity';
import type { AppRun } from '../../../shared/ipc/topics/runs.ts';
import { EXPORT_FILES } from '../../../shared/run/export-files.ts';
import { word } from '../../../shared/text/language.ts';
import { asFailure, ask, on, RequestFailure } from '../../bridge.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { type Work, work } from '../../state/work.svelte.ts';
import { type ExportRow, keyOf, listExportRows, type Made, withExport } from './export-rows.ts';

/** The exports of one run: existing files, the one in progress, and failures. */
export class RunExports {
  /** Runs with an export in progress, which continues after the user leaves the page. */
  static readonly #inProgress = new Map<string, RunExports>();
  readonly #run: string;
  readonly #trainedTop1: number | null;
  #made: readonly Made[] = $state.raw([]);
  readonly failures = new SvelteMap<string, RequestFailure>();
  /** Key and task of the export in progress, one at a time; the key is null where all are written. */
  #busy = $state.raw<{ key: string | null; work: string } | null>(null);
  /** How many files were written to the chosen folder, of how many; null before. */
  all = $state.raw<{ readonly written: number; readonly of: number } | null>(null);
  selected = $state('');

  readonly rows = $derived.by(() => listExportRows(this.#made, this.#trainedTop1));
  readonly busy = $derived(this.#busy !== null);
  readonly busyWork = $derived<Work | undefined>(this.#busy ? work.find(this.#busy.work) : undefined);
  /** Of the file in progress. */
  readonly busyKey = $derived(
    this.#busy?.key ??
      /^export (\S+) (\S+)$/
        .exec(this.busyWork?.stage ?? '')
        ?.slice(1)
        .join('-') ??
      null,
  );

  constructor({ row, detail }: AppRun) {
    this.#run = row.id;
    this.#trainedTop1 = detail.models.find(({ role }) => role === 'student')?.top1 ?? row.studentTop1;
    this.#made = detail.exports;
    this.selected = this.rows.find(({ made }) => made)?.key ?? this.rows[0]?.key ?? '';
  }

  static of(run: AppRun): RunExports {
    return RunExports.#inProgress.get(run.row.id) ?? new RunExports(run);
  }

  get trainedTop1(): number | null {
    return this.#trainedTop1;
  }

  find(format: string, precision: string): ExportRow | undefined {
    return this.rows.find(({ key }) => key === keyOf(format, precision));
  }

  /** Lets the user choose where to save a file, then writes and verifies it. */
  async save({ key, format, precision, name }: ExportRow): Promise<void> {
    if (this.#busy) return;
    this.selected = key;
    this.failures.delete(key);
    RunExports.#inProgress.set(this.#run, this);
    try {
      const made = await work.run(`Exporting ${name}`, (id) => {
        this.#busy = { key, work: id };
        return ask('exports.save', { run: this.#run, format, precision, work: id });
      });
      if (!made) return;
      this.#made = withExport(this.#made, made);
      toasts.say(
        `${name} exported and ${EXPORT_FILES[format].foreign === null ? word('verified') : word('checked')}.`,
        {
          tone: 'success',
          action: { label: 'Show in folder', run: () => this.showInFolder({ key, format, precision, name }) },
        },
      );
    } catch (cause) {
      this.failures.set(key, asFailure(cause));
    } finally {
      this.#busy = null;
      RunExports.#inProgress.delete(this.#run);
    }
  }

  /** Lets the user choose a folder, then writes and verifies all formats and precisions there. */
  async saveAll(): Promise<void> {
    if (this.#busy) return;
    this.failures.clear();
    this.all = null;
    RunExports.#inProgress.set(this.#run, this);
    let stop = (): void => undefined;
    try {
      const answers = await work.run('Exporting all formats', (id) => {
        this.#busy = { key: null, work: id };
        stop = this.#showAsWritten(id);
        return ask('exports.saveAll', { runs: [this.#run], work: id });
      });
      const [only] = answers ?? [];
      if (only?.failure) throw new RequestFailure(only.failure);
      const all = only?.all;
      if (!all) await this.#refresh(); // Cancelled: some files may be there.
      for (const { format, precision, result, failure } of all?.files ?? []) {
        if (result) this.#made = withExport(this.#made, result);
        if (failure)
          this.failures.set(
            keyOf(format, precision),
            new RequestFailure({ ...failure, code: failure.code ?? 'internal' }),
          );
      }
      if (all) this.all = { written: all.files.filter(({ result }) => result).length, of: all.files.length };
    } catch (cause) {
      toasts.fail(cause);
    } finally {
      stop();
      this.#busy = null;
      RunExports.#inProgress.delete(this.#run);
    }
  }

  async openFolder(): Promise<void> {
    try {
      await ask('exports.openFolder', { run: this.#run });
    } catch (cause) {
      toasts.fail(cause, { label: 'Export all…', run: () => this.saveAll() });
    }
  }

  /** Shows each file once the next one is begun. Returns what ends it. */
  #showAsWritten(id: string): () => void {
    let last: string | null = null;
    return on('work.progressed', ({ work, stage }) => {
      if (work !== id || stage === last) return;
      if (last !== null) this.#refresh().catch(() => undefined); // The result tells all in the end.
      last = stage;
    });
  }

  async #refresh(): Promise<void> {
    const { exports } = (await ask('runs.show', { run: this.#run })).detail;
    if (this.#busy?.key === null) this.#made = exports;
  }

  showInFolder(row: Named): Promise<void> {
    return this.#open('exports.showInFolder', row);
  }

  openUsePage(row: Named): Promise<void> {
    return this.#open('exports.openUsePage', row);
  }

  async #open(
    request: 'exports.showInFolder' | 'exports.openUsePage',
    { key, format, precision }: Named,
  ): Promise<void> {
    try {
      await ask(request, { run: this.#run, format, precision });
    } catch (cause) {
      const row = this.rows.find((candidate) => candidate.key === key);
      toasts.fail(cause, row ? { label: 'Export again…', run: () => this.save(row) } : null);
    }
  }
}

type Named = Pick<ExportRow, 'key' | 'format' | 'precision' | 'name'>;
