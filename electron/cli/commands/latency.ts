import {
  LATENCY_CHECKS,
  LATENCY_FORMATS,
  LATENCY_NAME,
  LATENCY_PRECISIONS,
  LATENCY_ROUNDS,
  nameLatencyTable,
  THIS_DEVICE,
} from '../../../shared/run/latency-table.ts';
import { formatLatencyTables, formatMeasuredTable } from '../../../shared/run/latency-text.ts';
import { parseRecipe } from '../../engine/index.ts';
import { type ParsedArguments, readChoice, readInteger, usageError } from '../arguments.ts';
import type { Command, CommandContext } from '../command.ts';
import { readRecipeInput } from '../recipe-input.ts';

export const latency: Command = {
  name: 'latency',
  synopsis: '[list | measure | remove TABLE]',
  summary: 'Times the pieces of a student on this machine, so that prune.latencyMs can bound its milliseconds.',
  details: `measure exports the pieces of the recipe's student at some widths, times each in its runtime, and then whole networks with
random widths, to tell how well sums of pieces predict them. It takes minutes; let the machine do nothing else meanwhile. Stop it
whenever you like: what was timed is kept, and measuring again goes on with the rest.`,
  options: {
    device: { value: 'NAME', summary: `what this machine is called in the table (default ${THIS_DEVICE})` },
    runtime: {
      value: 'RUNTIME',
      summary: `${LATENCY_FORMATS.join(' or ')}: LiteRT or ONNX Runtime, as exported files are run here (default tflite)`,
    },
    precision: { value: 'PRECISION', summary: `${LATENCY_PRECISIONS.join(', ')} (default fp32)` },
    threads: { value: 'N', summary: 'threads of ONNX Runtime (default 1); LiteRT computes with one' },
    name: { value: 'TABLE', summary: 'name of the table (default: device, runtime and precision)' },
    rounds: { value: 'N', summary: `how often each piece has its turn (default ${LATENCY_ROUNDS.usual})` },
    checks: { value: 'N', summary: `whole networks to check predictions with (default ${LATENCY_CHECKS.usual})` },
    recipe: { value: 'FILE', summary: 'recipe whose student is measured (default: the default recipe)' },
    set: { value: 'KEY=VALUE', multiple: true, summary: 'set one recipe key, such as data.inputSize=224; repeatable' },
  },
  async run(args, context) {
    const [verb = 'list', table, ...rest] = args.positionals;
    const action = readChoice('The action of "latency"', verb, ['list', 'measure', 'remove']);
    const tooMany = action === 'remove' ? rest[0] : table;
    if (tooMany !== undefined) throw usageError(`"${tooMany}" is one argument too many for "latency ${action}".`);
    if (action === 'measure') return await measure(args, context);
    const unused = [...args.values.keys()].find((name) => Object.hasOwn(latency.options, name));
    if (unused !== undefined) throw usageError(`--${unused} has no meaning for "latency ${action}"; leave it out.`);
    const { engine, home, print } = context;
    if (action === 'list') {
      const all = await engine.listLatencyTables({ home });
      print(all, () => formatLatencyTables(all));
      return;
    }
    if (table === undefined)
      throw usageError('"latency remove" needs the name of a table; "decant latency" lists them.');
    await engine.forgetLatencyTable({ home, name: table });
    print({ removed: table }, () => `Removed the latency table ${table}.`);
  },
};

async function measure(
  args: ParsedArguments,
  { engine, home, listener, signal, print }: CommandContext,
): Promise<void> {
  const first = (name: string): string | undefined => args.values.get(name)?.[0];
  const count = (name: string, usual: number, range: { from: number; to: number }): number => {
    const text = first(name);
    return text === undefined ? usual : readInteger(name, text, range);
  };
  const format = readChoice('--runtime', first('runtime') ?? 'tflite', LATENCY_FORMATS);
  const precision = readChoice('--precision', first('precision') ?? 'fp32', LATENCY_PRECISIONS);
  const threads = count('threads', 1, { from: 1, to: 64 });
  if (format === 'tflite' && threads > 1)
    throw usageError('--threads has no meaning for tflite: LiteRT computes with one thread here; leave it out.');
  const device = first('device') ?? THIS_DEVICE;
  const name = first('name') ?? nameLatencyTable({ device, format, precision, threads });
  if (!LATENCY_NAME.test(name))
    throw usageError(
      `A table cannot be called "${name}"; names have up to 60 letters, digits, dots, dashes and underscores. Choose one with --name.`,
    );
  const recipe = parseRecipe(
    readRecipeInput(first('recipe'), args.values.get('set') ?? [], { home, allowOutside: true }),
    first('recipe'),
  );
  const table = await engine.measureLatency({
    home,
    recipe,
    name,
    device,
    format,
    precision,
    threads,
    rounds: count('rounds', LATENCY_ROUNDS.usual, { from: 1, to: LATENCY_ROUNDS.most }),
    checks: count('checks', LATENCY_CHECKS.usual, { from: 0, to: LATENCY_CHECKS.most }),
    listener,
    signal,
  });
  print(table, () => formatMeasuredTable(table));
}
