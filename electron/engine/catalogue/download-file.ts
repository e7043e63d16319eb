import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeWriteFailure } from '../core/atomic-file.ts';
import { DecantError } from '../core/errors.ts';
import { requestFile } from './hub-request.ts';

/** Attempts in a row that bring nothing. */
const FRUITLESS_ATTEMPTS = 4;
/** Milliseconds before the second attempt; each further one waits twice as long. */
const FIRST_PAUSE_MS = 500;
/** Nothing arrives for so long: the connection is taken for dead. */
const SILENCE_MS = 60_000;

export interface DownloadOptions {
  readonly address: string;
  /** Where the whole, checked file appears; what there is of it until then lies beside it, `<path>.part`. */
  readonly path: string;
  /** Null: what the hub states of the file. */
  readonly sha256: string | null;
  /** No more bytes than this are taken. */
  readonly largestBytes: number;
  readonly signal: AbortSignal;
  /** Bytes that lie here, and all of them; null while that is not known. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /** Done when the content is known to be right, before it has its name. */
  readonly onChecked?: (file: DownloadedFile) => Promise<void>;
  readonly firstPauseMs?: number;
}

export interface DownloadedFile {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * Downloads a file, going on with what an earlier attempt left, and checks its SHA-256 before it appears under its name. A
 * lost connection is resumed; after several without data the download is given up, and what arrived is kept.
 *
 * @throws the signal's reason; DecantError `download.failed`, `disk.full`, `output.unwritable`
 */
export async function downloadFile(options: DownloadOptions): Promise<DownloadedFile> {
  const { path, signal, firstPauseMs = FIRST_PAUSE_MS } = options;
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw describeWriteFailure(path, error);
  });
  const download = new Download(options);
  for (let fruitless = 0; ; ) {
    const before = await download.sizeOfPart();
    const outcome = await download.attempt();
    if ('sha256' in outcome) return outcome;
    fruitless = (await download.sizeOfPart()) > before ? 0 : fruitless + 1;
    if (fruitless === FRUITLESS_ATTEMPTS) throw outcome.failure;
    await pause(firstPauseMs * 2 ** Math.max(0, fruitless - 1), signal);
  }
}

/** An attempt has ended with the file, or with a failure that another attempt may not meet. */
type Outcome = DownloadedFile | { readonly failure: DecantError };

class Download {
  readonly #options: DownloadOptions;
  readonly #part: string;
  #expected: string | null;
  #begunAnew = false;

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#part = `${options.path}.part`;
    this.#expected = options.sha256;
  }

  async sizeOfPart(): Promise<number> {
    return (await stat(this.#part).catch(() => null))?.size ?? 0;
  }

  async attempt(): Promise<Outcome> {
    const { address, signal } = this.#options;
    const from = await this.sizeOfPart();
    try {
      const { response, statedSha256 } = await requestFile(address, { from, signal });
      try {
        this.#expect(statedSha256);
        const refused = await this.#refusal(response, from);
        if (refused) return refused;
        const total = await this.#take(response, from);
        const size = await this.sizeOfPart();
        if (total !== null && size < total) return this.#retry(`the download ended after ${size} of ${total} bytes`);
      } finally {
        await response.body?.cancel().catch(() => undefined);
      }
      return await this.#finish();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DecantError) throw error;
      return this.#retry(reasonOf(error), error);
    }
  }

  #expect(stated: string | null): void {
    const { address, sha256 } = this.#options;
    if (sha256 !== null && stated !== null && stated !== sha256)
      throw this.#failure(`the hub gives its SHA-256 as ${stated}, but it should be ${sha256}`);
    this.#expected ??= stated;
    if (this.#expected === null)
      throw new DecantError(
        'download.failed',
        `${address} was not downloaded because its SHA-256 is not known; download it yourself and give its path instead.`,
        { address },
      );
  }

  /** What comes of an answer without content; null for one that has some. */
  async #refusal(response: Response, from: number): Promise<Outcome | null> {
    const { status, headers } = response;
    if (status === 200) return null;
    if (status === 206) {
      if (Number(/^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? Number.NaN) === from) return null;
      await rm(this.#part, { force: true });
      return this.#retry('the server sent the wrong part of it');
    }
    if (status === 416) {
      const total = /^bytes \*\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
      if (from > 0 && (total === undefined || Number(total) === from)) return await this.#finish();
      await rm(this.#part, { force: true });
      return this.#retry('it is smaller than what was already downloaded');
    }
    if (status === 429 || status >= 500) return this.#retry(`the server answered ${status}`);
    throw this.#failure(`the server answered ${status}${status === 404 ? ', no such file' : ''}`);
  }

  /**
   * Writes what is sent behind what is there, or over it where the server begins at the beginning.
   *
   * @returns bytes of the whole file, where they are stated
   */
  async #take(response: Response, from: number): Promise<number | null> {
    const { path, largestBytes, signal, onProgress } = this.#options;
    const begin = response.status === 206 ? from : 0;
    const length = response.headers.get('content-length');
    const total = length === null ? null : begin + Number(length);
    const file = await open(this.#part, begin > 0 ? 'a' : 'w').catch((error: unknown) => {
      throw describeWriteFailure(path, error);
    });
    try {
      let done = begin;
      onProgress?.(done, total);
      for await (const chunk of withinSilence(response.body, signal)) {
        done += chunk.byteLength;
        if (done > largestBytes) {
          await rm(this.#part, { force: true });
          throw this.#failure(`it is larger than the limit of ${largestBytes} bytes`);
        }
        await file.writeFile(chunk).catch((error: unknown) => {
          throw describeWriteFailure(path, error);
        });
        onProgress?.(done, total);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return total;
  }

  /** Gives the part its name if it is what it has to be. */
  async #finish(): Promise<Outcome> {
    const { path, onChecked } = this.#options;
    const sha256 = await hashFile(this.#part);
    if (sha256 !== this.#expected) {
      await rm(this.#part, { force: true });
      const problem = `its SHA-256 is ${sha256}, but should be ${this.#expected}`;
      // What an earlier attempt left may have been damaged since; only what came in one go is told as the server's.
      if (this.#begunAnew) throw this.#failure(problem);
      this.#begunAnew = true;
      return this.#retry(problem);
    }
    const sizeBytes = await this.sizeOfPart();
    await onChecked?.({ sizeBytes, sha256 });
    await rename(this.#part, path).catch((error: unknown) => {
      throw describeWriteFailure(path, error);
    });
    return { sizeBytes, sha256 };
  }

  #retry(problem: string, cause?: unknown): Outcome {
    return { failure: this.#failure(problem, cause) };
  }

  #failure(problem: string, cause?: unknown): DecantError {
    const { address } = this.#options;
    return new DecantError(
      'download.failed',
      `${address} could not be downloaded: ${problem}; check the connection and try again.`,
      { address },
      { cause },
    );
  }
}

/** Chunks of a body, as long as there is none to wait for too long. */
async function* withinSilence(body: Response['body'], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  const reader = body?.getReader();
  if (!reader) return;
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no data arrived for ${SILENCE_MS / 1000} seconds`)), SILENCE_MS);
    });
    try {
      const { done, value } = await Promise.race([reader.read(), silence]);
      signal.throwIfAborted();
      if (done) return;
      yield value;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** SHA-256 of a file, read piece by piece. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', stop, { once: true });
    function done() {
      signal.removeEventListener('abort', stop);
      resolve();
    }
    function stop() {
      clearTimeout(timer);
      reject(signal.reason);
    }
  });
}

/** `fetch` only says that it failed; why is its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the server was not found, or this computer is offline';
  if (code === 'ECONNREFUSED' || code === 'ENETUNREACH' || code === 'EHOSTUNREACH')
    return 'the server cannot be reached';
  return `the connection failed (${typeof code === 'string' ? code : cause.message})`;
}
