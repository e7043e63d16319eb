/** A process that tries cases of one reader, told their numbers one after another. See ../fuzz-inputs.ts. */
import { startCompute } from '../../electron/engine/compute/index.ts';
import { READERS } from './readers.ts';
import { drawChanges, type Outcome, tryCase } from './try-case.ts';

export interface WorkerReply {
  readonly number: number;
  readonly outcome: Outcome;
  /** Most bytes of memory that the process has had. */
  readonly memory: number;
  /** Time of processors that the case took, all threads together. */
  readonly cpuMs: number;
}

const [name, folder = ''] = process.argv.slice(2);
const reader = READERS.find((candidate) => candidate.name === name);
if (!reader) throw new Error(`no reader is called ${name}`);
await startCompute({ backend: 'cpu' });
const samples = await reader.samples();
process.on('message', async (number: number) => {
  const before = process.cpuUsage();
  const outcome = await tryCase(reader, samples, drawChanges(number), folder);
  const { user, system } = process.cpuUsage(before);
  const memory = process.resourceUsage().maxRSS * 1024;
  const reply: WorkerReply = { number, outcome, memory, cpuMs: (user + system) / 1000 };
  process.send?.(reply);
});
process.send?.({ number: -1, outcome: { kind: 'read' }, memory: 0, cpuMs: 0 } satisfies WorkerReply);
