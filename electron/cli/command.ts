import type { RunListener } from '../../shared/run/events.ts';
import type { Option, ParsedArguments } from './arguments.ts';
import type { Engine } from './engine.ts';

/** One command of the command line: a file in `commands/` and a line in `commands/index.ts`. */
export interface Command {
  name: string;
  /** What stands after the name: `<dataset>`. */
  synopsis: string;
  /** One sentence. */
  summary: string;
  /** Further paragraphs of its help. */
  details?: string;
  options: Readonly<Record<string, Option>>;
  /** Does the work and prints its result. Throws DecantError for whatever it can name. */
  run(args: ParsedArguments, context: CommandContext): Promise<void>;
}

/** What a command may use of the world. */
export interface CommandContext {
  engine: Engine;
  /** Absolute path of the folder that holds store, runs and cache. */
  home: string;
  /** What all decoded images of the home may take, bytes; null: as the engine has it. */
  cacheLimitBytes: number | null;
  json: boolean;
  /** Prints a result on stdout: `value` as JSON with --json, else the text. */
  print(value: unknown, text: () => string): void;
  /** Shows what happens on stderr. */
  listener: RunListener;
  /** Aborted when the user asks to stop. */
  signal: AbortSignal;
}
