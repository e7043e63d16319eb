/**
 * Measures the WebGPU back end on a graphics card, in less than ten minutes: its self-test, steps of training beside
 * PyTorch's (CUDA, eager and AMP), one epoch of the CIFAR-10 recipe, the time of a step by program, and tfjs-core's
 * tests. Prints tables on stderr and JSON on stdout.
 *
 *     node bench/gpu.ts [--parts self-test,steps,epoch,profile,tfjs-core] [--budget 570] [--rounds 3] [--steps 10]
 *       [--shapes 32x64s1,224x8,…] [--dataset ../shared/data/cifar10.zip] [--peer SCRIPT] [--out FILE] [--small]
 *
 * Each part is a process with a time of its own; what does not fit, or lacks something, is skipped with a sentence, and
 * the others go on. `--budget` is for all together, seconds. `--out` is written after each part. Without a card the
 * parts run small, as they do with `--small`, on the software rasterizer of Debian's chromium: to see that they work.
 * Exit status 1 when a part failed, 2 when there is neither a card nor that rasterizer.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeFileAtomically } from '../electron/engine/core/atomic-file.ts';
import { formatTable } from '../shared/text/table.ts';
import { useSwiftShader } from '../test/engine/compute/backends.ts';
import { type ComparedStep, compareSteps } from './gpu/compare-steps.ts';
import type { FoundAdapter } from './gpu/find-adapter.ts';
import { type PartOutcome, runScript } from './gpu/run-part.ts';
import { findPeer, hasCuda, USUAL_PEER } from './pytorch.ts';
import { parseStepShape } from './step-shape.ts';

/** Seconds that a part may take, in their order. */
const BUDGETS = { 'self-test': 60, steps: 240, epoch: 90, profile: 50, 'tfjs-core': 120 };
type PartName = keyof typeof BUDGETS;
const PART_NAMES = Object.keys(BUDGETS) as PartName[];

const SHAPES = ['32x64s1', '64x64s1', '96x32', '224x8', '32x512s1', '64x512s1', '96x512', '224x128', '224x512'];
const LARGEST_SURE_BATCH = 64;
/** What a software rasterizer does in seconds. */
const SMALL = { shapes: ['32x8'], tests: 'batchNorm webgpu|matmul webgpu', pictures: 8, classes: 2, batch: 8 };
/** How many times as long a part may take on a processor, which may have other things to do. */
const PATIENCE = 3;
const PROFILED = ['32x64s1', '224x8'];
/** Less is not worth starting with, seconds. */
const LEAST_S = 10;

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: PART_NAMES.join(',') },
    budget: { type: 'string', default: '570' },
    rounds: { type: 'string' },
    steps: { type: 'string' },
    shapes: { type: 'string' },
    dataset: { type: 'string', default: pathOf('../../shared/data/cifar10.zip') },
    peer: { type: 'string', default: USUAL_PEER },
    out: { type: 'string' },
    small: { type: 'boolean', default: false },
  },
});
const startedAt = performance.now();
const elapsedS = () => (performance.now() - startedAt) / 1000;
const tell = (line: string) => process.stderr.write(`${elapsedS().toFixed(0).padStart(4)} s  ${line}\n`);

const asked = values.parts.split(',');
const unknown = asked.find((name) => !PART_NAMES.some((part) => part === name));
if (unknown !== undefined) fail(`There is no part "${unknown}"; there are ${PART_NAMES.join(', ')}.`);

const adapter = await chooseAdapter();
const small = values.small || adapter.software;
// Where the card has no 16-bit arithmetic, a small run shows at least that mixed precision works.
const emulate = small && !adapter.half ? ['--emulate'] : [];
// The back end asks Dawn itself, which reads the environment.
const env = { ...process.env };
tell(`${adapter.device}${adapter.software ? ', a software rasterizer: everything is small' : ''}`);

interface Part {
  readonly name: PartName;
  readonly run: (limitMs: number) => Promise<PartOutcome<unknown>>;
  readonly show: (results: readonly never[]) => string;
}

const PARTS: Record<PartName, Omit<Part, 'name'>> = {
  'self-test': { run: testBackend, show: showSelfTests },
  steps: { run: measureSteps, show: showSteps },
  epoch: { run: trainEpoch, show: showLines },
  profile: { run: profileSteps, show: showProfiles },
  'tfjs-core': { run: testTfjsCore, show: showTfjsTests },
};

const parts: ({ part: PartName; elapsed_s: number } & PartOutcome<unknown>)[] = [];
for (const name of PART_NAMES) {
  if (!asked.includes(name)) continue;
  const left = Number(values.budget) - elapsedS();
  const limitS = Math.min((small ? PATIENCE : 1) * BUDGETS[name], left);
  const before = elapsedS();
  tell(`${name} …`);
  const outcome: PartOutcome<unknown> =
    limitS < LEAST_S
      ? { state: 'skipped', reason: `Only ${Math.max(0, left).toFixed(0)} s were left.`, results: [] }
      : await PARTS[name].run(1000 * limitS).catch((error: unknown) => ({
          state: 'failed',
          reason: error instanceof Error ? error.message : String(error),
          results: [],
        }));
  parts.push({ part: name, elapsed_s: Number((elapsedS() - before).toFixed(1)), ...outcome });
  tell(`${name}: ${describeOutcome(outcome)}`);
  if (outcome.results.length > 0) process.stderr.write(`${PARTS[name].show(outcome.results as never[])}\n`);
  if (values.out !== undefined) await writeFileAtomically(values.out, summary());
}
for (const { part, ...outcome } of parts) process.stderr.write(`${part.padEnd(10)} ${describeOutcome(outcome)}\n`);
process.stdout.write(summary());
process.exit(parts.some(({ state }) => state === 'failed') ? 1 : 0);

/** The card that Dawn finds, or else the software rasterizer, for this process and those it starts. */
async function chooseAdapter(): Promise<FoundAdapter> {
  const script = [pathOf('gpu/find-adapter.ts')];
  const find = async () =>
    (await runScript<FoundAdapter>(script, { env: process.env, limitMs: 60_000 })).results[0] ?? null;
  process.env.XDG_RUNTIME_DIR ??= '/tmp';
  const found = await find();
  if (found && !found.software) return found;
  const software = found ?? (useSwiftShader() ? await find() : null);
  return software ?? fail("There is no graphics card with a driver, and Debian's chromium is not installed either.");
}

async function testBackend(limitMs: number): Promise<PartOutcome<unknown>> {
  const outcome = await runScript<{ precision: string; failure: string | null }>(
    [pathOf('gpu/self-test.ts'), ...emulate],
    { env, limitMs },
  );
  const failed = outcome.results.find(({ failure }) => failure !== null);
  if (outcome.state === 'passed' && failed) {
    return { ...outcome, state: 'failed', reason: `In ${failed.precision}: ${failed.failure}` };
  }
  const mixed = outcome.results.some(({ precision }) => precision === 'mixed');
  return outcome.state === 'passed' && !mixed ? { ...outcome, reason: 'There is no mixed precision here.' } : outcome;
}

async function measureSteps(limitMs: number): Promise<PartOutcome<ComparedStep>> {
  const found = findPeer(values.peer);
  const why = typeof found === 'string' ? found : small || hasCuda(found) ? null : 'PyTorch finds no graphics card.';
  if (why !== null) tell(`PyTorch is not measured. ${why}`);
  return compareSteps({
    shapes: (values.shapes?.split(',') ?? (small ? SMALL.shapes : SHAPES)).map(parseStepShape),
    rounds: Number(values.rounds ?? (small ? 1 : 3)),
    steps: Number(values.steps ?? (small ? 1 : 10)),
    warmUpSteps: small ? 1 : 3,
    env,
    emulate: emulate.length > 0,
    peer: typeof found === 'string' || why !== null ? null : found,
    device: small ? 'cpu' : 'cuda',
    largestSureBatch: LARGEST_SURE_BATCH,
    limitMs,
    tell,
  });
}

async function trainEpoch(limitMs: number): Promise<PartOutcome<unknown>> {
  const recipe = ['--recipe', pathOf('../recipes/cifar10.json')];
  // Some seconds to stop in.
  const limit = ['--limit', String(Math.max(1, limitMs / 1000 - 5))];
  const { pictures, classes, batch } = SMALL;
  const few = ['--drawn', `${pictures}`, '--classes', `${classes}`, '--batch', `${batch}`];
  const pictureFlags = small ? few : existsSync(values.dataset) ? ['--dataset', values.dataset] : [];
  const outcome = await runScript<{ stopped?: string }>(
    [pathOf('gpu/epoch.ts'), ...recipe, ...pictureFlags, ...limit],
    { env, limitMs },
  );
  const stopped = outcome.results.find((result) => result.stopped !== undefined)?.stopped;
  if (stopped !== undefined) return { ...outcome, reason: `It was stopped ${stopped}.` };
  const drawn = !small && pictureFlags.length === 0 ? `${values.dataset} is not there: pictures were drawn.` : null;
  return { ...outcome, reason: outcome.reason ?? drawn };
}

async function profileSteps(limitMs: number): Promise<PartOutcome<unknown>> {
  if (!adapter.timestamps) return { state: 'skipped', reason: 'The card does not time its programs.', results: [] };
  const shapes = ['--shapes', (small ? SMALL.shapes : PROFILED).join(',')];
  const steps = ['--steps', small ? '1' : '3', '--warm-up', small ? '1' : '2'];
  return runScript([pathOf('gpu/profile.ts'), ...shapes, ...steps, ...emulate], { env, limitMs });
}

async function testTfjsCore(limitMs: number): Promise<PartOutcome<unknown>> {
  const script = pathOf('../test/engine/compute/tfjs-core/run-suite.ts');
  const limit = ['--limit', String(Math.max(1, limitMs / 1000 - 5))];
  const outcome = await runScript<TfjsTests>([script, 'webgpu', ...(small ? [SMALL.tests] : []), '--card', ...limit], {
    env,
    limitMs,
  });
  const [tests] = outcome.results;
  if (tests === undefined) return outcome;
  if (tests.failed.length > 0) {
    return {
      ...outcome,
      state: 'failed',
      reason: `${tests.failed.length} tests failed, the first ${tests.failed[0]!.name}.`,
    };
  }
  return tests.finished ? outcome : { ...outcome, reason: 'Not all tests were run in the time of this part.' };
}

interface TfjsTests {
  readonly passed: number;
  readonly failed: readonly { readonly name: string; readonly message?: string }[];
  readonly excluded: number;
  readonly finished: boolean;
  readonly elapsedMs: number;
}

function showSelfTests(
  results: readonly {
    precision: string;
    checks: number;
    maxError: number;
    elapsedMs: number;
    failure: string | null;
  }[],
): string {
  return table(
    ['Self-test', 'Checks', 'Largest error', 'Seconds', 'Failure'],
    results.map(({ precision, checks, maxError, elapsedMs, failure }) => [
      ...[precision, `${checks}`, maxError?.toExponential(1) ?? '', (elapsedMs / 1000).toFixed(1), failure ?? 'none'],
    ]),
  );
}

function showSteps(results: readonly ComparedStep[]): string {
  const show = (value: number | null) => value?.toString() ?? '-';
  return table(
    ['Step', 'Precision', 'Decant, images/s', 'PyTorch, images/s', 'Ratio', 'Rounds', 'PyTorch, card MB', 'Failures'],
    results.map(({ shape, precision, decant, pytorch, ratio, rounds, pytorch_device_bytes: bytes, failures }) => [
      ...[shape, precision, show(decant), show(pytorch), ratio === null ? '-' : `${ratio.toFixed(2)} x`, `${rounds}`],
      ...[bytes === null ? '-' : `${Math.round(bytes / 1e6)}`, failures.join('; ').slice(0, 100) || 'none'],
    ]),
  );
}

function showLines(results: readonly object[]): string {
  return results.map((result) => JSON.stringify(result)).join('\n');
}

function showProfiles(
  results: readonly {
    shape: string;
    precision: string;
    device_ms: number;
    programs: readonly { program: string; dispatches: number; elapsed_ms: number }[];
  }[],
): string {
  return results
    .map(({ shape, precision, device_ms, programs }) =>
      table(
        [`${shape} ${precision}, ${device_ms} ms`, 'Dispatches', 'ms', 'Share'],
        programs
          .slice(0, 20)
          .map(({ program, dispatches, elapsed_ms }) => [
            ...[program, `${dispatches}`, elapsed_ms.toFixed(3), `${((100 * elapsed_ms) / device_ms).toFixed(1)} %`],
          ]),
      ),
    )
    .join('\n');
}

function showTfjsTests(results: readonly TfjsTests[]): string {
  return results
    .flatMap(({ passed, failed, excluded, elapsedMs }) => [
      `${passed} passed, ${failed.length} failed, ${excluded} excluded, ${(elapsedMs / 1000).toFixed(0)} s`,
      ...failed.slice(0, 20).map(({ name, message }) => `  ${name}: ${message?.split('\n')[0]}`),
    ])
    .join('\n');
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = titles.map((title, i) => ({ title, align: i === 0 ? ('left' as const) : ('right' as const) }));
  return formatTable(columns, rows);
}

function describeOutcome({ state, reason }: Pick<PartOutcome<unknown>, 'state' | 'reason'>): string {
  return reason === null ? state : `${state}: ${reason}`;
}

function summary(): string {
  return `${JSON.stringify({ what: 'gpu', adapter, small, elapsed_s: Number(elapsedS().toFixed(1)), parts })}\n`;
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
