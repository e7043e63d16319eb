import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { DecantError } from '../../core/errors.ts';
import type { OpenedExport } from '../exporter.ts';

/** What the thread is asked, one thing at a time. */
export type Request =
  | { what: 'load'; bytes: Uint8Array }
  | { what: 'run'; pixels: Uint8Array; size: number }
  | { what: 'time'; pixels: Uint8Array; runs: number; warmUp: number };

export type Reply =
  /** Of the input. */
  { shape: number[] } | { logits: Float32Array } | { times: number[] } | { problem: string };

/**
 * Loads a TFLite file in LiteRT, in a thread of its own.
 *
 * @throws DecantError `model.unreadable`
 */
export async function openTflite(bytes: Uint8Array): Promise<OpenedExport> {
  const worker = new Worker(new URL('./litert-worker.ts', import.meta.url), {
    name: 'litert',
    execArgv: [],
    // LiteRT tells all that it does; nobody is to read it.
    stdout: true,
    stderr: true,
  });
  const unreadable = (reason: string) =>
    new DecantError(
      'model.unreadable',
      `LiteRT cannot run this file of ${bytes.length} bytes (${reason.replace(/[.\s]+$/, '')}); export the network again.`,
      { sizeBytes: bytes.length },
    );
  const request = async (message: Request): Promise<Exclude<Reply, { problem: string }>> => {
    const reply = await ask(worker, message).catch((error: unknown) => ({ problem: String(error) }));
    if ('problem' in reply) throw unreadable(reply.problem);
    return reply;
  };
  try {
    const loaded = await request({ what: 'load', bytes });
    const shape = 'shape' in loaded ? loaded.shape : [];
    if (shape.length !== 4 || shape[0] !== 1 || shape[3] !== 3)
      throw unreadable(`it takes [${shape.join(', ')}], not one RGB image`);
    return {
      runtime: describeLiteRt(),
      async run(pixels, size) {
        const reply = await request({ what: 'run', pixels, size });
        return 'logits' in reply ? reply.logits : new Float32Array();
      },
      async time(pixels, { runs, warmUp }) {
        const reply = await request({ what: 'time', pixels, runs, warmUp });
        return 'times' in reply ? reply.times : [];
      },
      async close() {
        await worker.terminate();
      },
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

/** "LiteRT 2.5.3, XNNPACK in WebAssembly, 1 thread". */
function describeLiteRt(): string {
  const description: unknown = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.resolve('@litertjs/core')), 'utf8'),
  );
  const version =
    typeof description === 'object' && description && 'version' in description ? description.version : 'unknown';
  return `LiteRT ${version}, XNNPACK in WebAssembly, 1 thread`;
}

function ask(worker: Worker, request: Request): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      act();
    };
    const onMessage = (reply: Reply) => settle(() => resolve(reply));
    const onError = (error: Error) => settle(() => reject(error));
    const onExit = () => settle(() => reject(new Error('its thread has ended')));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(request);
  });
}
