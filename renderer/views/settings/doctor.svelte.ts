import type { Diagnosis } from '../../../shared/run/diagnosis.ts';
import { asFailure, ask } from '../../bridge.ts';
import { type Work, work } from '../../state/work.svelte.ts';

/** The diagnosis of this machine, kept until the next one. */
class Doctor {
  diagnosis = $state.raw<Diagnosis | null>(null);
  failure = $state<string | null>(null);
  #work = $state<string | null>(null);

  readonly busy = $derived(this.#work !== null);
  readonly progress = $derived<Work | undefined>(this.#work === null ? undefined : work.find(this.#work));

  /** Tests every back end. Returns null if it was cancelled or failed; a failure is shown. */
  async examine(): Promise<Diagnosis | null> {
    if (this.busy) return null;
    this.failure = null;
    try {
      const diagnosis = await work.run('Testing back ends', (id) => {
        this.#work = id;
        return ask('doctor.run', { work: id });
      });
      if (diagnosis) this.diagnosis = diagnosis;
      return diagnosis;
    } catch (cause) {
      this.failure = asFailure(cause).message;
      return null;
    } finally {
      this.#work = null;
    }
  }
}

export const doctor = new Doctor();
