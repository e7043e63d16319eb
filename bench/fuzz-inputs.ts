/**
 * Changes files and messages of every kind in many ways, and lets their readers read them: images, zip archives, safetensors,
 * models, recipes, reports, checkpoints, ONNX, TFLite, TensorFlow.js, ONNX teachers and messages of the window. Each reader
 * works in a process of its own with a heap of 1 GB, that may write to one folder only. A fault is whatever is not accepted
 * rightly or refused in one sentence: an unforeseen error, a lost process, more than 5 s, more than 1 GB, a file beside the
 * folder, a wrong result. Every case follows from its number, so that it can be tried again.
 *
 *     node bench/fuzz-inputs.ts [--cases 1000] [--from 0] [--readers zip,onnx] [--seconds 600]
 *
 * Prints JSON: for each reader how many cases were read, refused and at fault, the slowest, the most memory, and the faults. Ends
 * with status 1 where there is one. `--seconds` ends each reader earlier; `--from` goes on there.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { READERS } from './fuzz/readers.ts';
import type { WorkerReply } from './fuzz/worker.ts';

const LONGEST_MS = 5000;
const MOST_BYTES = 1e9;
const SHOWN = 20;
/** How much longer a case may take where others keep the processors busy. */
const PATIENCE = 6;
const NO_ANSWER = `no answer after ${LONGEST_MS} ms`;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    readers: { type: 'string', default: READERS.map(({ name }) => name).join(',') },
    seconds: { type: 'string', default: 'Infinity' },
  },
});

interface Tally {
  cases: number;
  read: number;
  refused: number;
  faults: { case: number; problem: string }[];
  slowestMs: number;
  mostBytes: number;
}

let failed = false;
for (const name of values.readers.split(',')) {
  const tally = await fuzz(name, Number(values.from), Number(values.cases), Number(values.seconds) * 1000);
  if (tally.faults.length > 0) failed = true;
  const { faults, ...rest } = tally;
  process.stdout.write(
    `${JSON.stringify({ reader: name, ...rest, faults: faults.length, shown: faults.slice(0, SHOWN) })}\n`,
  );
}
process.exit(failed ? 1 : 0);

async function fuzz(name: string, from: number, cases: number, limitMs: number): Promise<Tally> {
  const tally: Tally = { cases: 0, read: 0, refused: 0, faults: [], slowestMs: 0, mostBytes: 0 };
  const folder = mkdtempSync(join(tmpdir(), 'decant-fuzz-'));
  const begun = performance.now();
  let worker: Worker | null = null;
  try {
    for (let number = from; number < from + cases && performance.now() - begun < limitMs; number++) {
      worker ??= await startWorker(name, folder);
      let start = performance.now();
      let reply = await worker.ask(number);
      if (reply === NO_ANSWER) {
        // A busy machine may be slow: only what also takes long of a processor's time, in a fresh process, is a fault.
        worker = await startWorker(name, folder);
        start = performance.now();
        reply = await worker.ask(number, PATIENCE * LONGEST_MS);
        if (typeof reply !== 'string' && reply.cpuMs > LONGEST_MS) reply = NO_ANSWER;
      }
      const elapsedMs = performance.now() - start;
      tally.cases++;
      tally.slowestMs = Math.max(tally.slowestMs, Math.round(elapsedMs));
      if (typeof reply === 'string') {
        tally.faults.push({ case: number, problem: reply });
        worker.end();
        worker = null;
        continue;
      }
      tally.mostBytes = Math.max(tally.mostBytes, reply.memory);
      if (reply.outcome.kind === 'fault') tally.faults.push({ case: number, problem: reply.outcome.problem });
      else if (reply.memory > MOST_BYTES)
        tally.faults.push({ case: number, problem: `${reply.memory} bytes of memory` });
      else tally[reply.outcome.kind]++;
      // What a case leaves in memory is not to count for others.
      if (reply.memory > MOST_BYTES / 2) {
        worker.end();
        worker = null;
      }
    }
  } finally {
    worker?.end();
    rmSync(folder, { recursive: true, force: true });
  }
  return tally;
}

interface Worker {
  /** The reply, or how the process was lost. */
  ask(number: number, waitMs?: number): Promise<WorkerReply | string>;
  end(): void;
}

async function startWorker(name: string, folder: string): Promise<Worker> {
  const child: ChildProcess = fork(fileURLToPath(new URL('./fuzz/worker.ts', import.meta.url)), [name, folder], {
    execArgv: [
      '--max-old-space-size=1024',
      '--permission',
      '--allow-addons',
      '--allow-worker',
      '--allow-child-process', // Where ONNX files are tried.
      '--allow-wasi',
      '--allow-fs-read=*',
      `--allow-fs-write=${folder}`,
    ],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-1500);
  });
  const next = (waitMs: number) =>
    new Promise<WorkerReply | string>((resolve) => {
      const settle = (result: WorkerReply | string) => {
        clearTimeout(timer);
        child.off('message', receive);
        child.off('close', lose);
        resolve(result);
      };
      const receive = (reply: unknown) => settle(reply as WorkerReply); // worker.ts sent it.
      const lose = (status: number | null, signal: string | null) =>
        settle(`the process was lost (${signal ?? status}): ${complaint}`);
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle(NO_ANSWER);
      }, waitMs);
      child.on('message', receive);
      child.on('close', lose);
    });
  const ready = await next(120_000);
  if (typeof ready === 'string') throw new Error(`The worker for ${name} does not start: ${ready}`);
  return {
    ask(number, waitMs = LONGEST_MS) {
      const reply = next(waitMs);
      child.send(number);
      return reply;
    },
    end: () => void child.kill('SIGKILL'),
  };
}
