import type { RunPlan } from '../../../../../shared/ipc/topics/runs.ts';
import { type Clock, systemClock } from '../../../core/clock.ts';
import { DecantError } from '../../../core/errors.ts';
import type { DatasetId, RunId } from '../../../core/ids.ts';
import { siblingModule } from '../../../core/sibling-module.ts';
import { openThread } from '../../../core/tasks/task-client.ts';
import type { Dataset } from '../../../data/index.ts';
// On Linux with glibc, the main thread must load the library for images before any other does.
import '../../../data/index.ts';
import type { Store } from '../../../store/index.ts';
import type { Shelf } from '../library/shelf.ts';
import type { EstimateTasks } from './estimate-thread.ts';
import type { EstimateOptions } from './measure-speeds.ts';
import { openLatencies } from './plan-latency.ts';
import { countSplits, planRun } from './plan-run.ts';
import { type NewQueuedRun, queueRun } from './queue-run.ts';
import { type Machine, SpeedBook } from './speed-book.ts';
import { TeacherFiles } from './teacher-files.ts';

/** What comes before a run: what its recipe means, how long it would take, and its place in the queue. */
export class Planner {
  readonly #store: Store;
  readonly #shelf: Shelf;
  readonly #clock: Clock;
  readonly #teacherFiles = new TeacherFiles();
  readonly #speeds = new SpeedBook();

  constructor(store: Store, shelf: Shelf, clock: Clock = systemClock) {
    this.#store = store;
    this.#shelf = shelf;
    this.#clock = clock;
  }

  /**
   * What a recipe means; images are counted where the dataset is given and can be read, and the time is told where anything
   * was timed on the machine.
   */
  async plan(dataset: string | null, recipe: unknown, machine: Machine): Promise<RunPlan> {
    const planFor = (opened: Dataset | null) =>
      planRun(
        recipe,
        opened,
        (parsed, student) => this.#teacherFiles.look(parsed, opened?.classes ?? null, student),
        (parsed) => this.#speeds.find(parsed, machine),
        openLatencies(this.#store.home),
      );
    if (dataset === null) return planFor(null);
    try {
      return await this.#shelf.use(dataset, (opened) => planFor(opened.dataset));
    } catch (error) {
      if (!(error instanceof DecantError)) throw error;
      const plan = await planFor(null);
      return { ...plan, problems: [...plan.problems, { keys: [], message: error.message }] };
    }
  }

  /**
   * Times real steps of a recipe's networks in a thread of its own, for `plan`.
   *
   * @throws DecantError as `Shelf.use` and `splitDataset`, `backend.unavailable`
   */
  async measure(dataset: string, { recipe, ...machine }: Pick<EstimateOptions, 'recipe'> & Machine): Promise<void> {
    const facts = await this.#shelf.use(dataset, (opened) => ({
      classes: opened.dataset.classes.length,
      images: countSplits(recipe, opened.dataset),
    }));
    const script = siblingModule(import.meta.url, './estimate-thread');
    const thread = openThread<EstimateTasks>(script, { name: 'estimate' });
    try {
      this.#speeds.keep(recipe, machine, await thread.ask('estimate', { ...facts, recipe, ...machine }));
    } finally {
      await thread.close();
    }
  }

  /** Checks a new run and puts it at the end of the queue. Throws as `Shelf.use` and `queueRun`. */
  queue({ dataset, ...run }: Omit<NewQueuedRun, 'dataset'> & { dataset: string }): Promise<RunId> {
    return this.#shelf.use(dataset, (opened) =>
      // The shelf has it, so that it is one.
      queueRun(this.#store, { ...run, dataset: dataset as DatasetId }, opened.dataset, this.#clock),
    );
  }
}
