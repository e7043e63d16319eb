import { fileURLToPath } from 'node:url';
import type { Precision } from '../../electron/engine/compute/index.ts';
import { PEER_SERVER, type Peer, stepFlags } from '../pytorch.ts';
import { formatStepShape, type StepShape } from '../step-shape.ts';
import { LineServer } from './line-server.ts';
import type { PartOutcome } from './run-part.ts';
import type { StepRequest } from './step-server.ts';

export interface CompareOptions {
  readonly shapes: readonly StepShape[];
  readonly rounds: number;
  readonly steps: number;
  readonly warmUpSteps: number;
  readonly env: NodeJS.ProcessEnv;
  /** Rounds to 16 bits by arithmetic where the card cannot. */
  readonly emulate: boolean;
  /** Null: only ours is timed. */
  readonly peer: Peer | null;
  /** Where PyTorch computes. */
  readonly device: 'cuda' | 'cpu';
  /** Largest batch whose failure is one; larger ones may lack memory. */
  readonly largestSureBatch: number;
  readonly limitMs: number;
  readonly tell: (line: string) => void;
}

export interface ComparedStep {
  readonly shape: string;
  readonly precision: Precision;
  /** Medians over the rounds, images a second; null where there is none. */
  readonly decant: number | null;
  readonly pytorch: number | null;
  /** Decant by PyTorch. */
  readonly ratio: number | null;
  readonly rounds: number;
  /** Peak of PyTorch's memory on the card, bytes. */
  readonly pytorch_device_bytes: number | null;
  /** Why a side has no figure. */
  readonly failures: readonly string[];
}

interface Speed {
  readonly images_per_s: number;
  readonly device_bytes?: number | null;
}

type Answer = Speed | { readonly error: string };

const STEP_SERVER = fileURLToPath(new URL('step-server.ts', import.meta.url));
const PRECISIONS = ['f32', 'mixed'] as const;
/** What one step of one side may take, with starting its process. */
const LONGEST_MS = 90_000;

/**
 * Times steps here and in PyTorch, in turns, in f32 and in mixed precision (AMP there). Each side has one process for
 * each precision, which is started anew after a failure. Large batches get the card to one precision at a time. Stops
 * when the time is over; what was measured is kept. Fails where ours cannot do a batch that is not large.
 */
export async function compareSteps(options: CompareOptions): Promise<PartOutcome<ComparedStep>> {
  const { shapes, peer, largestSureBatch, limitMs, tell } = options;
  const deadline = performance.now() + limitMs;
  const sides = openSides(options);
  const results: ComparedStep[] = [];
  const broken: string[] = [];
  let begun = 0;
  try {
    for (const shape of shapes) {
      if (performance.now() >= deadline) break;
      begun++;
      const large = shape.batch > largestSureBatch;
      for (const precisions of large ? PRECISIONS.map((precision) => [precision]) : [PRECISIONS]) {
        const measured = await takeTurns(
          sides.filter(({ precision }) => precisions.includes(precision)),
          shape,
          { rounds: options.rounds, deadline },
        );
        if (large) for (const { close } of sides) close();
        for (const precision of precisions) {
          const result = summarize(formatStepShape(shape), precision, measured);
          if (result === null) continue;
          results.push(result);
          tell(`${result.shape} ${precision}: ${result.decant ?? '-'} and ${result.pytorch ?? '-'} images/s`);
          if (!large) broken.push(...result.failures.filter((failure) => failure.startsWith('decant')));
        }
      }
    }
  } finally {
    for (const { close } of sides) close();
  }
  if (broken.length > 0) return { state: 'failed', reason: `${broken[0]}.`, results };
  if (results.length === 0) return { state: 'failed', reason: 'No step ended within the time of this part.', results };
  const notes = [
    ...(performance.now() >= deadline ? [`The time was over in shape ${begun} of ${shapes.length}.`] : []),
    ...(peer === null ? ['PyTorch was not measured.'] : []),
  ];
  return { state: 'passed', reason: notes.join(' ') || null, results };
}

type Measured = ReadonlyMap<string, { readonly speeds: Speed[]; failure: string | null }>;

/** Each side once a round, in the other order every second round; a side that fails is left out from then on. */
async function takeTurns(
  sides: readonly Side[],
  shape: StepShape,
  { rounds, deadline }: { rounds: number; deadline: number },
): Promise<Measured> {
  const measured = new Map(sides.map(({ name }) => [name, { speeds: [] as Speed[], failure: null as string | null }]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, ask } of round % 2 === 0 ? sides : sides.toReversed()) {
      const own = measured.get(name)!;
      const left = deadline - performance.now();
      if (own.failure !== null || left <= 0) continue;
      const answer = await ask(shape, Math.min(LONGEST_MS, left));
      if (!('error' in answer)) own.speeds.push(answer);
      else if (performance.now() < deadline) own.failure = `${name}: ${answer.error}`;
    }
  }
  return measured;
}

interface Side {
  readonly precision: Precision;
  readonly name: string;
  readonly ask: (shape: StepShape, limitMs: number) => Promise<Answer>;
  readonly close: () => void;
}

/** `decant f32`, `pytorch f32`, `decant mixed`, `pytorch mixed`. */
function openSides({ env, emulate, peer, device, steps, warmUpSteps }: CompareOptions): Side[] {
  return PRECISIONS.flatMap((precision) => {
    const ours = openSide(
      'decant',
      precision,
      () => new LineServer(process.execPath, [STEP_SERVER, precision, ...(emulate ? ['--emulate'] : [])], env),
      (shape) => ({ shape, steps, warmUpSteps }) satisfies StepRequest,
    );
    if (peer === null) return [ours];
    const flags = ['--steps', `${steps}`, '--device', device, ...(precision === 'mixed' ? ['--amp'] : [])];
    const theirs = openSide(
      'pytorch',
      precision,
      () => new LineServer(peer.python, ['-c', PEER_SERVER], process.env),
      (shape) => [peer.script, ...stepFlags(shape), ...flags],
    );
    return [ours, theirs];
  });
}

function openSide(
  name: string,
  precision: Precision,
  open: () => LineServer,
  toQuestion: (shape: StepShape) => unknown,
): Side {
  let server: LineServer | undefined;
  const close = () => {
    server?.close();
    server = undefined;
  };
  return {
    name: `${name} ${precision}`,
    precision,
    close,
    async ask(shape, limitMs) {
      server ??= open();
      try {
        const answer = await server.ask<Answer>(toQuestion(shape), limitMs);
        // What lacked memory may have lost its card.
        if ('error' in answer) close();
        return answer;
      } catch (error) {
        close();
        return { error: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

/** Null where neither side got to it. */
function summarize(shape: string, precision: Precision, measured: Measured): ComparedStep | null {
  const [ours, theirs] = [measured.get(`decant ${precision}`), measured.get(`pytorch ${precision}`)];
  const [decant, pytorch] = [medianOf(ours?.speeds ?? []), medianOf(theirs?.speeds ?? [])];
  const failures = [ours, theirs].flatMap((side) => side?.failure ?? []);
  if (decant === null && pytorch === null && failures.length === 0) return null;
  const peaks = (theirs?.speeds ?? []).flatMap(({ device_bytes }) => device_bytes ?? []);
  return {
    shape,
    precision,
    decant,
    pytorch,
    ratio: decant === null || pytorch === null ? null : Number((decant / pytorch).toFixed(3)),
    rounds: Math.max(ours?.speeds.length ?? 0, theirs?.speeds.length ?? 0),
    pytorch_device_bytes: peaks.length === 0 ? null : Math.max(...peaks),
    failures,
  };
}

function medianOf(speeds: readonly Speed[]): number | null {
  const sorted = speeds.map(({ images_per_s }) => images_per_s).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}
