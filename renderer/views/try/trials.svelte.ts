import { asFailure, ask } from '../../bridge.ts';
import type { Opinion } from './agreement.ts';
import { findImageProblem } from './check-image.ts';

/** An image that was tried, and what a run's networks said of it. */
export interface Trial {
  readonly id: number;
  readonly name: string;
  readonly source: Blob;
  /** Of the image, to be shown. */
  readonly url: string;
  readonly run: string;
  /** Null until answered. */
  readonly opinions: readonly Opinion[] | null;
  readonly failure: string | null;
}

const KEPT = 8;

/** The last few images that were tried; kept while the app runs, so that one may go elsewhere and come back. */
class Trials {
  list = $state.raw<readonly Trial[]>([]);
  #shown = $state<number | null>(null);
  /** Why what was given last is no image to try. */
  refusal = $state<string | null>(null);
  #nextId = 0;

  readonly current = $derived(this.list.find(({ id }) => id === this.#shown) ?? null);

  /** Shows an image and asks a run's networks what it is. */
  async add(run: string, name: string, source: Blob): Promise<void> {
    const problem = findImageProblem({ name, type: source.type, size: source.size });
    if (problem !== null) return this.refuse(problem);
    const url = URL.createObjectURL(source);
    const trial = { id: this.#nextId++, name, source, url, run, opinions: null, failure: null };
    for (const { url: old } of this.list.slice(KEPT - 1)) URL.revokeObjectURL(old);
    this.list = [trial, ...this.list.slice(0, KEPT - 1)];
    await this.show(trial, run);
  }

  /** Shows one again; asks anew where it was another run that answered, or none did. */
  async show({ id }: Trial, run: string): Promise<void> {
    this.refusal = null;
    this.#shown = id;
    const trial = this.list.find((candidate) => candidate.id === id);
    if (!trial || (trial.opinions && trial.run === run)) return;
    this.#update(id, { run, opinions: null, failure: null });
    try {
      const opinions = await askOpinions(run, trial.source);
      // Meanwhile another run may have been chosen, and asked.
      if (this.#isOf(id, run)) this.#update(id, { opinions });
    } catch (cause) {
      if (!this.#isOf(id, run)) return;
      const { code, message } = asFailure(cause);
      if (code === 'image.unreadable') this.#drop(trial, message);
      else this.#update(id, { failure: message });
    }
  }

  /** Says why what was given is no image to try. */
  refuse(problem: string): void {
    this.#shown = null;
    this.refusal = problem;
  }

  /** Nothing is shown; what was tried stays in the strip. */
  leave(): void {
    this.#shown = null;
    this.refusal = null;
  }

  /** What is no image is not kept: there is nothing to show, and asking again would not help. */
  #drop({ id, url }: Trial, problem: string): void {
    if (this.#shown === id) this.refuse(problem);
    this.list = this.list.filter((trial) => trial.id !== id);
    URL.revokeObjectURL(url);
  }

  #isOf(id: number, run: string): boolean {
    return this.list.some((trial) => trial.id === id && trial.run === run);
  }

  #update(id: number, change: Partial<Trial>): void {
    this.list = this.list.map((trial) => (trial.id === id ? { ...trial, ...change } : trial));
  }
}

export async function askOpinions(run: string, source: Blob): Promise<readonly Opinion[]> {
  const bytes = new Uint8Array(await source.arrayBuffer());
  return (await ask('classify.image', { run, bytes })).opinions;
}

export const trials = new Trials();
