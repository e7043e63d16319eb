import type { Params, Result } from '../../shared/ipc/contract.ts';
import type { PhoneSession } from '../../shared/ipc/topics/phone.ts';
import { asFailure, ask, on, type RequestFailure } from '../bridge.ts';
import { toasts } from './toasts.svelte.ts';
import { type Work, work } from './work.svelte.ts';

type Choices = Result<'phone.choices'>;
type PhoneExport = Choices['exports'][number];

/** One measurement on a phone: what to measure, the page that is served, and what came of it. */
export class PhoneMeter {
  readonly #run: string;
  choices = $state.raw<Choices | null>(null);
  /** Names of the exports that are wanted. */
  wanted = $state.raw<ReadonlySet<string>>(new Set());
  address = $state('');
  session = $state.raw<PhoneSession | null>(null);
  failure = $state.raw<RequestFailure | null>(null);
  #work = $state.raw<string | null>(null);

  readonly preparing = $derived<Work | undefined>(this.#work === null ? undefined : work.find(this.#work));
  readonly usable = $derived(this.choices?.exports.filter(({ problem }) => problem === null) ?? []);
  readonly chosen = $derived(this.usable.filter((file) => this.wanted.has(keyOf(file))));

  constructor(run: string) {
    this.#run = run;
  }

  /** Learns what there is. Returns what ends listening. */
  start(): () => void {
    void this.#loadChoices();
    return on('phone.changed', ({ session }) => {
      if (session.url === this.session?.url) this.session = session;
    });
  }

  want(file: PhoneExport, wanted: boolean): void {
    const next = new Set(this.wanted);
    if (wanted) next.add(keyOf(file));
    else next.delete(keyOf(file));
    this.wanted = next;
  }

  isWanted(file: PhoneExport): boolean {
    return this.wanted.has(keyOf(file));
  }

  /** Serves the page. */
  async open(): Promise<void> {
    this.failure = null;
    const { address } = this;
    // The choices come from the engine, which knows their precisions.
    const exports = this.chosen.map(({ format, precision }) => ({
      format,
      precision,
    })) as Params<'phone.open'>['exports'];
    try {
      this.session = await work.run('Preparing the phone’s page', (id) => {
        this.#work = id;
        return ask('phone.open', { run: this.#run, exports, address, work: id });
      });
    } catch (cause) {
      this.failure = asFailure(cause);
    } finally {
      this.#work = null;
    }
  }

  /** Serves it no longer. */
  async close(): Promise<void> {
    const preparing = this.#work;
    if (preparing !== null) await work.cancel(preparing).catch(() => undefined);
    if (this.session === null || this.session.state === 'ended') return;
    await ask('phone.close', {}).catch((cause) => toasts.fail(cause));
  }

  async #loadChoices(): Promise<void> {
    try {
      const choices = await ask('phone.choices', { run: this.#run });
      this.choices = choices;
      this.wanted = new Set(this.usable.map(keyOf));
      this.address = choices.addresses[0]?.address ?? '';
    } catch (cause) {
      this.failure = asFailure(cause);
    }
  }
}

function keyOf({ format, precision }: Pick<PhoneExport, 'format' | 'precision'>): string {
  return `${format} ${precision}`;
}

/** Gives the device of a measurement another name. */
export async function nameDevice(run: string, measurement: string, device: string): Promise<void> {
  try {
    await ask('phone.change', { run, measurement, device });
  } catch (cause) {
    toasts.fail(cause);
  }
}

/** Takes a measurement away, which can be undone. */
export async function removeMeasurement(run: string, { id, device }: { id: string; device: string }): Promise<void> {
  const change = (removed: boolean) => ask('phone.change', { run, measurement: id, removed });
  try {
    await change(true);
    toasts.offerUndo(`Removed what ${device} measured.`, () => change(false).then(() => undefined, toasts.fail));
  } catch (cause) {
    toasts.fail(cause);
  }
}
