import { asFailure, ask } from '../../bridge.ts';
import type { Opinion } from './agreement.ts';
import { findImageProblem } from './check-image.ts';

/** An image and what a run's networks said about it. */
export interface Trial {
  readonly id: number;
  readonly name: string;
  readonly source: Blob;
  /** Object URL of the image. */
  readonly url: string;
  readonly run: string;
  /** Null until answered. */
  readonly opinions: readonly Opinion[] | null;
  readonly failure: string | null;
}

const KEPT = 8;

/** The most recent images, kept while the app runs so that they survive a change of screen. */
class Trials {
  list = $state.raw<readonly Trial[]>([]);
  #shown = $state<number | null>(null);
  /** Why the last input was refused. */
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

  /** Shows an image again, and classifies it if this run has not done so. */
  async show({ id }: Trial, run: string): Promise<void> {
    this.refusal = null;
    this.#shown = id;
    const trial = this.list.find((candidate) => candidate.id === id);
    if (!trial || (trial.opinions && trial.run === run)) return;
    this.#update(id, { run, opinions: null, failure: null });
    try {
      const opinions = await askOpinions(run, trial.source);
      // Another run may have been chosen in the meantime.
      if (this.#isOf(id, run)) this.#update(id, { opinions });
    } catch (cause) {
      if (!this.#isOf(id, run)) return;
      const { code, message } = asFailure(cause);
      if (code === 'image.unreadable') this.#drop(trial, message);
      else this.#update(id, { failure: message });
    }
  }

  /** Shows why an input was refused. */
  refuse(problem: string): void {
    this.#shown = null;
    this.refusal = problem;
  }

  /** Hides the current image; it stays in the strip. */
  leave(): void {
    this.#shown = null;
    this.refusal = null;
  }

  /** Drops a file that is not an image: there is nothing to show, and trying again would not help. */
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
