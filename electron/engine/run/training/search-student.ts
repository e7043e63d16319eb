import { createHash } from 'node:crypto';
import type { Cut } from '../../../../shared/run/report.ts';
import type { KeptSearch, SearchCandidate } from '../../../../shared/run/search.ts';
import { DecantError } from '../../core/errors.ts';
import { ProgressMeter } from '../../core/progress.ts';
import { evaluate } from '../../measure/index.ts';
import { type Network, Parameters, type Weights } from '../../model/index.ts';
import { type Judgement, verifyCut } from '../../prune/index.ts';
import {
  type Candidate,
  chooseBest,
  compareCandidates,
  type SearchSpace,
  searchWidths,
  takeWeights,
  type Widths,
} from '../../search/index.ts';
import { readFinish } from '../../store/index.ts';
import { cutState, recalibrate, type TrainerState } from '../../train/index.ts';
import { evaluationBatches, spread, untilStopped } from '../context/batches.ts';
import { readSearch, saveSearch } from '../context/kept-search.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import { progressListener, type RunContext } from '../context/run-context.ts';
import { describeCut } from './cut-student.ts';

/** Training images by which batch norm's statistics of a network are measured, and images that judge it, at most. */
export const CALIBRATION_IMAGES = 512;
export const MOST_JUDGING = 2000;
/** Shares of the channels of the uniform networks that are judged first, so that what is found can be compared with them. */
const UNIFORM_SHARES = [0.875, 0.75, 0.625, 0.5, 0.375, 0.25];
/** Milliseconds between two times that judgements are kept. */
const SAVE_INTERVAL_MS = 10_000;

/** Networks that a recipe's search judges, at most. */
export function countCandidates({ population, rounds }: { population: number; rounds: number }): number {
  return 2 + UNIFORM_SHARES.length + population * rounds;
}

/**
 * Looks for the best part of the student within the budget and leaves that of it. What was judged before a stop is not judged
 * again; where the run is asked to finish early, the best of the first round is taken.
 *
 * @param state with the channels of all groups in order
 * @param judged the numbers by which networks are judged: the state's, or their average
 * @throws the signal's reason when it is aborted, and nothing is changed then
 */
export async function searchStudent(
  context: RunContext,
  data: PreparedData,
  {
    state,
    judged,
    space,
    cut,
    epoch,
  }: { state: TrainerState; judged: Weights; space: SearchSpace; cut: number; epoch: number },
): Promise<{ state: TrainerState; record: Cut }> {
  const { recipe, random, control, store, id } = context;
  const { policy, population, rounds } = recipe.search;
  const ledger = await openLedger(context, space, { supernet: hashWeights(judged), images: countJudging(data) });
  const hurries = () => control.finishesEarly || readFinish(store.db, id).place !== null;
  let candidates: readonly Candidate[];
  try {
    candidates = await searchWidths(space, {
      policy,
      population,
      rounds,
      random: random.fork('search'),
      starts: [space.largest, space.uniform, ...UNIFORM_SHARES.map((share) => space.uniformly(share)), space.smallest],
      judge: async (widths) =>
        ledger.find(widths) ?? judgePart(context, data, { network: space.describe(widths), supernet: judged }),
      onJudged: (all) => ledger.note(all),
      wanted: () => !hurries(),
    });
  } finally {
    await ledger.save();
  }
  const best = chooseBest(space, candidates);
  if (!best)
    throw new DecantError('budget.unreachable', 'The search has found no network within the budget; raise it.');
  await ledger.choose(best);
  const keep = new Map(
    space.groups.flatMap(({ id, channels }, i) =>
      best.widths[i]! < channels ? [[id, Int32Array.from({ length: best.widths[i]! }, (_, k) => k)] as const] : [],
    ),
  );
  const after = cutState(state, { keep });
  await verifyCut(state, after, { keep });
  const record = describeCut(state.network, after.network, {
    cut,
    epoch,
    before: space.cost(space.largest),
    after: space.cost(best.widths),
  });
  return { state: after, record };
}

/** How well a part of a supernet answers the images of the search, with batch norm's statistics of its own. */
async function judgePart(
  context: RunContext,
  data: PreparedData,
  { network, supernet }: { network: Network; supernet: Weights },
): Promise<Judgement> {
  const { random, signal } = context;
  const parameters = Parameters.fromWeights(network, takeWeights(supernet, network));
  try {
    // Of all classes in each batch, since its variance is measured: by the order of the images they would come one after another.
    const known = random.fork('calibration').shuffle(spread(data.splits.train, CALIBRATION_IMAGES).slice());
    const calibration = untilStopped(evaluationBatches(context, data, known), context);
    await recalibrate(network, [parameters], { batches: calibration, random, signal });
    const images = evaluationBatches(context, data, judgingImages(data));
    const { top1, loss } = await evaluate({ network, parameters, batches: untilStopped(images, context) });
    return { top1, loss };
  } finally {
    parameters.dispose();
  }
}

function judgingImages({ searchImages, splits }: PreparedData): Int32Array {
  // Where classes have one validation image each there is nothing to divide.
  return spread(searchImages && searchImages.length > 0 ? searchImages : splits.validation, MOST_JUDGING);
}

function countJudging(data: PreparedData): number {
  return judgingImages(data).length;
}

/** What was judged, kept now and then; what another process judged of the same supernet is known. */
async function openLedger(
  context: RunContext,
  space: SearchSpace,
  { supernet, images }: { supernet: string; images: number },
) {
  const { recipe, clock, listener } = context;
  const { policy } = recipe.search;
  const groups = space.groups.map(({ id, channels }) => ({ name: id, channels }));
  const kept = await readSearch(context);
  const known = new Map<string, Judgement>(
    kept?.supernet === supernet && kept.images === images
      ? kept.candidates.map(({ widths, top1, loss }) => [widths.join(), { top1, loss }])
      : [],
  );
  const total = countCandidates(recipe.search);
  const meter = new ProgressMeter({
    stage: 'search',
    total,
    unit: 'networks',
    clock,
    listener: progressListener(listener),
  });
  const candidates: SearchCandidate[] = [];
  let best: Candidate | null = null;
  let savedAt = clock.elapsedMs();
  const describe = (chosen: number | null): KeptSearch => ({
    policy,
    images,
    groups,
    candidates: [...candidates],
    chosen,
    supernet,
  });
  const save = async () => {
    // A search that is gone through again has fewer networks at first than it had.
    if (candidates.length > known.size) await saveSearch(context, describe(null));
    savedAt = clock.elapsedMs();
  };
  return {
    find: (widths: Widths) => known.get(widths.join()),
    note: async (all: readonly Candidate[]) => {
      const judged = all.at(-1)!; // One more each time.
      const candidate = describeCandidate(judged);
      candidates.push(candidate);
      const isBest = space.fits(judged.widths) && (best === null || compareCandidates(judged, best) < 0);
      if (isBest) best = judged;
      meter.advance(1);
      listener({ type: 'candidate.judged', candidate, number: all.length, of: total, best: isBest });
      if (clock.elapsedMs() - savedAt >= SAVE_INTERVAL_MS) await save();
    },
    save,
    choose: async ({ widths: chosenWidths }: Candidate) => {
      const chosen = candidates.findIndex(({ widths }) => widths.join() === chosenWidths.join());
      await saveSearch(context, describe(chosen));
    },
  };
}

function describeCandidate({ widths, macs, parameters, latencyMs, top1, loss }: Candidate): SearchCandidate {
  return { widths: [...widths], macs, parameters, latencyMs: latencyMs ?? null, top1, loss };
}

/** Judgements hold for one set of numbers. */
function hashWeights(weights: Weights): string {
  const hash = createHash('sha256');
  for (const [name, { values }] of weights) {
    hash.update(name);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
