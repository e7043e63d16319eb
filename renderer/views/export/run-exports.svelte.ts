import { SvelteMap } from 'svelte/reactivity';
import type { AppRun } from '../../../shared/ipc/topics/runs.ts';
import { EXPORT_FILES } from '../../../shared/run/export-files.ts';
import { asFailure, ask, type RequestFailure } from '../../bridge.ts';
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
  /** Key and task of the export in progress; one at a time. */
  #busy = $state.raw<{ key: string; work: string } | null>(null);
  selected = $state('');

  readonly rows = $derived.by(() => listExportRows(this.#made, this.#trainedTop1));
  readonly busyKey = $derived(this.#busy?.key ?? null);
  readonly busyWork = $derived<Work | undefined>(this.#busy ? work.find(this.#busy.work) : undefined);

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
      toasts.say(`${name} exported and ${EXPORT_FILES[format].foreign === null ? 'verified' : 'checked'}.`, {
        tone: 'success',
        action: { label: 'Show in folder', run: () => this.showInFolder({ key, format, precision, name }) },
      });
    } catch (cause) {
      this.failures.set(key, asFailure(cause));
    } finally {
      this.#busy = null;
      RunExports.#inProgress.delete(this.#run);
    }
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
