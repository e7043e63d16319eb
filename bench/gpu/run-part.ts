import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** `passed` may have a reason, where not everything was done; the others have one. */
export type PartState = 'passed' | 'failed' | 'skipped';

export interface PartOutcome<Result> {
  readonly state: PartState;
  /** One sentence. */
  readonly reason: string | null;
  /** What was measured, also by a part that failed afterwards. */
  readonly results: readonly Result[];
}

export interface ScriptOptions {
  readonly env: NodeJS.ProcessEnv;
  /** After so long the process is ended. */
  readonly limitMs: number;
}

/** Characters of a script's complaints that are kept. */
const KEPT = 4000;

/** Runs a script of Node's in a process of its own and gathers the lines of JSON that it prints, those before a failure too. */
export async function runScript<Result>(
  args: readonly string[],
  { env, limitMs }: ScriptOptions,
): Promise<PartOutcome<Result>> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const results: Result[] = [];
  let complaints = '';
  let late = false;
  child.stderr.on('data', (text: Buffer) => {
    complaints = (complaints + text).slice(-KEPT);
  });
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, limitMs);
  const closed = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (code, signal) => resolve([code, signal])),
  );
  for await (const line of createInterface({ input: child.stdout })) {
    // A line is whole unless its writer was killed.
    if (line.startsWith('{') && line.endsWith('}')) results.push(JSON.parse(line));
  }
  const [code, signal] = await closed;
  clearTimeout(timer);
  if (code === 0) return { state: 'passed', reason: null, results };
  const reason = late
    ? `It did not end within ${Math.round(limitMs / 1000)} s.`
    : `Its process ended with ${signal ?? `status ${code}`}: ${pickComplaint(complaints)}`;
  return { state: 'failed', reason, results };
}

/** The line that names an error, or the last one. */
function pickComplaint(text: string): string {
  const lines = text.trim().split('\n');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? 'no word';
}
