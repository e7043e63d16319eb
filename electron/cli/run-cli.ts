import { cleanLines, cleanText, formatJson } from '../../shared/text/clean.ts';
import {
  assertHome,
  DecantError,
  decantVersion,
  describeSystemFailure,
  type ErrorCode,
  resolveHome,
} from '../engine/index.ts';
import { parseArguments, usageError } from './arguments.ts';
import type { CommandContext } from './command.ts';
import type { Engine } from './engine.ts';
import { COMMON_OPTIONS, findCommand, formatHelp } from './help.ts';
import { ProgressPrinter } from './progress-printer.ts';

/** What the command line uses of the process, so that tests can stand in for it. */
export interface Surroundings {
  engine: Engine;
  env: Readonly<Record<string, string | undefined>>;
  stdout: { write(text: string): void };
  stderr: { write(text: string): void; isTTY?: boolean | undefined; columns?: number | undefined };
  /** Calls `listener` whenever the user asks to stop; gives a function that ends this. */
  onInterrupt(listener: () => void): () => void;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Ends the process at once. */
  exit(status: number): void;
}

/** One Ctrl-C can arrive twice, from the terminal and from npm; what comes within this many milliseconds is the same. */
const SAME_INTERRUPT_MS = 500;

/** Runs one command line and gives its exit status: 0; 1 a run failed; 2 bad usage or input; 130 stopped. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { env, stdout, stderr } = surroundings;
  const printer = new ProgressPrinter({
    write: (text) => stderr.write(text),
    isTerminal: stderr.isTTY ?? false,
    columns: stderr.columns ?? 80,
    now: surroundings.now,
  });
  const session: Session = { run: null, home: null, resolvedHome: null, out: null };
  try {
    const text = answerHelp(args);
    if (text === null) await runCommand(args, surroundings, printer, session);
    else stdout.write(`${text}\n`);
    return 0;
  } catch (thrown) {
    printer.clear();
    const error = describeSystemFailure(thrown);
    if (error instanceof DecantError) {
      stderr.write(`decant: ${oneLine(error.message)}\n`);
      if (env.DECANT_DEBUG === '1') stderr.write(`${error.stack}\n${String(error.cause ?? '')}\n`);
      if (await canResume(session, error, surroundings)) stderr.write(`${describeResume(session, env)}\n`);
      return error.status;
    }
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    stderr.write(`decant: Unexpected error: ${oneLine(message)} (DECANT_DEBUG=1 shows where)\n`);
    if (env.DECANT_DEBUG === '1' && error instanceof Error) stderr.write(`${error.stack}\n`);
    if (await canResume(session, error, surroundings)) stderr.write(`${describeResume(session, env)}\n`);
    return 1;
  }
}

/** What is needed to say how to go on. */
interface Session {
  run: string | null;
  /** As given. */
  home: string | null;
  resolvedHome: string | null;
  out: string | null;
}

/** A run that ended so would end so again, or says itself what else to do. */
const RUNS_ENDED_FOR_GOOD: ReadonlySet<ErrorCode> = new Set([
  'training.diverged',
  'budget.unreachable',
  'prune.mismatch',
  'export.mismatch',
  'checkpoint.unreadable',
  'run.resume',
  'run.busy',
  'store.newer',
]);

/** Whether a run has begun and is still there, so that it can be taken up again. */
async function canResume({ run, resolvedHome }: Session, error: unknown, { engine }: Surroundings): Promise<boolean> {
  if (run === null || resolvedHome === null) return false;
  if (error instanceof DecantError && RUNS_ENDED_FOR_GOOD.has(error.code)) return false;
  return engine.showRun({ home: resolvedHome, run }).then(
    () => true, // Where it finished, and only its results could not be taken along, they are taken along then.
    // Taken back, since its input was bad; whatever else hinders the store now may be mended.
    (failure: unknown) => !(failure instanceof DecantError && failure.code === 'run.unknown'),
  );
}

/** Text for command lines that only ask; null for the others. */
function answerHelp(args: readonly string[]): string | null {
  const [first, second] = args;
  if (first === '--version' || first === '-v' || first === 'version') return decantVersion();
  if (first === '--help' || first === '-h' || first === 'help') return formatHelp(second);
  if (first === undefined) throw usageError('No command given; "decant help" lists the commands.');
  if (first.startsWith('-'))
    throw usageError(`The command comes first, then its options such as ${first}; "decant help" lists the commands.`);
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  return own.includes('--help') || own.includes('-h') ? formatHelp(findCommand(first).name) : null;
}

async function runCommand(
  [name = '', ...rest]: readonly string[],
  { engine, env, stdout, onInterrupt, now, exit }: Surroundings,
  printer: ProgressPrinter,
  session: Session,
): Promise<void> {
  const command = findCommand(name);
  const args = parseArguments(rest, { ...command.options, ...COMMON_OPTIONS });
  session.home = args.values.get('home')?.[0] ?? null;
  session.out = args.values.get('out')?.[0] ?? null;
  const home = resolveHome(session.home ?? undefined, { env });
  session.resolvedHome = home;
  assertHome(home);
  const json = args.flags.has('json');
  const stop = new AbortController();
  let askedAt = Number.NEGATIVE_INFINITY;
  const endInterrupts = onInterrupt(() => {
    if (now() - askedAt < SAME_INTERRUPT_MS) return;
    askedAt = now();
    if (stop.signal.aborted) {
      printer.printLine('Stopped immediately; work since the last checkpoint is lost.');
      exit(130);
      return;
    }
    printer.printLine('Stopping after this step and saving a checkpoint; press Ctrl-C again to stop immediately.');
    stop.abort();
  });
  const context: CommandContext = {
    engine,
    home,
    cacheLimitBytes: readCacheLimit(args.values.get('cache-limit')?.[0], env),
    json,
    signal: stop.signal,
    listener: (event) => {
      if (event.type === 'run.started') session.run = event.run;
      printer.show(event);
    },
    print: (value, text) => {
      printer.clear();
      stdout.write(`${json ? formatJson(value) : cleanLines(text())}\n`);
    },
  };
  try {
    await command.run(args, context);
  } catch (error) {
    // The signal's own reason comes from work that is not a run: there is nothing to go on with.
    throw stop.signal.aborted && error === stop.signal.reason
      ? new DecantError('run.stopped', 'Stopped; there is nothing to resume.')
      : error;
  } finally {
    endInterrupts();
    printer.clear();
  }
}

/** @throws DecantError `usage.invalid` */
function readCacheLimit(given: string | undefined, env: Surroundings['env']): number | null {
  const text = given ?? env.DECANT_CACHE_LIMIT ?? '';
  if (text === '') return null;
  const gigabytes = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(gigabytes > 0))
    throw usageError(
      `${given === undefined ? 'DECANT_CACHE_LIMIT' : '--cache-limit'} is "${text}"; allowed: a number of gigabytes above 0.`,
    );
  return gigabytes * 1e9;
}

function describeResume({ run, home, out }: Session, env: Surroundings['env']): string {
  // In a clone the command is npm's.
  const program = env.npm_lifecycle_event === undefined ? 'decant' : 'npm run -s decant --';
  const options = [...(home === null ? [] : ['--home', quote(home)]), ...(out === null ? [] : ['--out', quote(out)])];
  return `Resume with: ${[program, 'compress', '--resume', run, ...options].join(' ')}`;
}

function quote(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function oneLine(message: string): string {
  return cleanText(message.replace(/\s*[\r\n]+\s*/g, ' '));
}
