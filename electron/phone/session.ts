import { explainMismatch } from '../../shared/ipc/explain-mismatch.ts';
import type { PhoneSession } from '../../shared/ipc/topics/phone.ts';
import { type PhoneMeasurement, type PhoneReceipt, phoneAnswerSchema } from '../../shared/run/phone-measurement.ts';
import { namePhoneFile } from '../../shared/run/phone-text.ts';
import { cleanText } from '../../shared/text/clean.ts';
import { shorten } from '../../shared/text/shorten.ts';
import { type Clock, DecantError, judgeAnswer, type PhoneJob, systemClock } from '../engine/index.ts';
import { Gate } from './gate.ts';
import { findFileAt, listJobResources } from './job-resources.ts';
import { listPageFiles } from './page-files.ts';
import { drawQr } from './qr.ts';
import { type PhoneServer, type Reply, type Resource, serve } from './serve.ts';

/** An address is good for so long. */
const LIFETIME_MS = 30 * 60_000;
const LOOK_EVERY_MS = 1000;

export interface SessionOptions {
  readonly job: PhoneJob;
  /** One of `listAddresses`. */
  readonly address: string;
  /** Keeps what the phone measured. */
  keep(measurement: PhoneMeasurement): Promise<void>;
  /** Told of every change, the last one included. */
  onChange?(session: PhoneSession): void;
  readonly clock?: Clock;
  /** The page and what it loads; by default as it was built. */
  readonly page?: ReadonlyMap<string, Resource>;
}

export interface OpenPhoneSession {
  /** As it is now. */
  readonly state: PhoneSession;
  /** Resolves when nothing is served any more. */
  readonly ended: Promise<void>;
  /** Ends it. */
  close(): Promise<void>;
}

/**
 * Serves a job to the first browser that opens its address, until results came and it is closed, or its time is up.
 *
 * @throws DecantError `run.incomplete` where the page has not been built; `usage.invalid` where the address is not this computer's
 */
export async function openPhoneSession({
  job,
  address,
  keep,
  onChange = () => undefined,
  clock = systemClock,
  page: built,
}: SessionOptions): Promise<OpenPhoneSession> {
  const gate = new Gate();
  const files = new Map(built ?? (await listPageFiles()));
  const page = files.get('/index.html')!; // listPageFiles found it.
  files.delete('/index.html');
  const endsAtMs = clock.elapsedMs() + LIFETIME_MS;
  const isOver = (): boolean => clock.elapsedMs() >= endsAtMs;
  let receiving = false;
  const { promise: ended, resolve: noteEnded } = Promise.withResolvers<void>();

  const server = await serve({
    address,
    gate,
    page,
    resources: new Map([...files, ...listJobResources(job)]),
    elapsedMs: () => clock.elapsedMs(),
    isOver,
    onEntered: (userAgent) => change({ state: 'connected', device: describeBrowser(userAgent) }),
    onRead: (path) => {
      const file = findFileAt(job, path);
      if (file && state.state === 'connected') change({ activity: namePhoneFile(file) });
    },
    onRefused: () => {
      if (gate.locked) void end('Too many wrong addresses were tried, so this measurement was ended. Start a new one.');
    },
    receive,
  }).catch((cause: NodeJS.ErrnoException): PhoneServer => {
    throw new DecantError(
      'usage.invalid',
      `Nothing can be served on ${address} (${cause.code ?? cause.message}); choose another address.`,
      { address },
      { cause },
    );
  });

  const url = `${server.origin}/t/${gate.token}`;
  let state: PhoneSession = {
    run: job.run,
    url,
    qr: drawQr(url),
    endsAt: new Date(clock.now() + LIFETIME_MS).toISOString(),
    state: 'waiting',
    device: null,
    activity: null,
    measurement: null,
    message: null,
  };
  const timer = setInterval(() => {
    if (isOver()) void end('Nobody needed it for 30 minutes, so this measurement was ended. Start a new one.');
  }, LOOK_EVERY_MS);

  function change(changes: Partial<PhoneSession>): void {
    state = { ...state, ...changes };
    onChange(state);
  }

  async function receive(json: unknown, userAgent: string): Promise<Reply> {
    if (receiving || state.state === 'measured')
      return { status: 409, body: { message: 'Decant has the results already.' } };
    const checked = phoneAnswerSchema.safeParse(json);
    if (!checked.success)
      return { status: 400, body: { message: `The results are invalid: ${explainMismatch(checked.error)}.` } };
    receiving = true;
    try {
      const measurement = await judgeAnswer(job, checked.data, { userAgent, clock });
      await keep(measurement);
      change({ state: 'measured', activity: null, measurement });
      const receipt: PhoneReceipt = { results: measurement.results };
      return { status: 200, body: receipt };
    } catch (error) {
      if (!(error instanceof DecantError)) throw error;
      return { status: 400, body: { message: error.message } };
    } finally {
      receiving = false;
    }
  }

  let ending: Promise<void> | null = null;
  /** @param message why, where a person did not ask for it */
  function end(message: string | null): Promise<void> {
    ending ??= (async () => {
      clearInterval(timer);
      await server.close();
      change({ state: 'ended', activity: null, message });
      noteEnded();
    })();
    return ending;
  }

  return {
    get state() {
      return state;
    },
    ended,
    close: () => end(null),
  };
}

/** What a browser says of itself, for one line. */
function describeBrowser(userAgent: string): string {
  return cleanText(shorten(userAgent, 160));
}
