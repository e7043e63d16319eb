import type { Random } from '../core/random.ts';
import type { Cost, Judgement } from '../prune/index.ts';
import type { SearchSpace, Widths } from './space.ts';

/** A network that was judged. */
export interface Candidate extends Judgement, Cost {
  readonly widths: Widths;
}

/** How networks are proposed. */
export type SearchPolicy = 'evolution' | 'random';

export interface SearchOptions {
  readonly policy: SearchPolicy;
  /** Networks of a round. */
  readonly population: number;
  /** Rounds, the first among them. */
  readonly rounds: number;
  /** Forked by round and place: what is proposed depends on the judgements alone. */
  readonly random: Random;
  /** Networks that are judged before any that is drawn; those beyond the budget are judged, too, and never chosen. */
  readonly starts: readonly Widths[];
  /** The same for the same network. */
  readonly judge: (widths: Widths) => Promise<Judgement>;
  readonly onJudged?: ((candidates: readonly Candidate[]) => Promise<void> | void) | undefined;
  /** Asked before each network after the first round: false ends the search with what was found. */
  readonly wanted?: (() => boolean) | undefined;
}

/** Share of a round's networks that are parents of the next, the best of all rounds; after OFA (Cai et al. 2020), as the two below. */
const PARENTS = 0.25;
/** Share of children that are one parent's, changed; the others mix two. */
const MUTANTS = 0.5;
/** Probability that a mutant's group is drawn anew. */
const MUTATION = 0.1;
/** Draws of a child that is not known yet. */
const ATTEMPTS = 30;

/**
 * Looks for the network that is judged best among those of a space that meet its budget: by evolution, as OFA and AttentiveNAS
 * do, or drawing each by chance. Returns all that were judged, in their order; the same for the same judgements.
 */
export async function searchWidths(space: SearchSpace, options: SearchOptions): Promise<Candidate[]> {
  const { policy, population, rounds, random, starts, judge, onJudged, wanted } = options;
  const candidates: Candidate[] = [];
  const known = new Set<string>();
  const take = async (widths: Widths) => {
    known.add(widths.join());
    candidates.push({ widths, ...space.cost(widths), ...(await judge(widths)) });
    await onJudged?.(candidates);
  };
  for (const widths of starts) if (!known.has(widths.join())) await take(widths);
  for (let round = 0; round < rounds; round++) {
    const parents = policy === 'evolution' && round > 0 ? chooseParents(space, candidates, population) : [];
    for (let place = 0; place < population; place++) {
      if (round > 0 && wanted?.() === false) return candidates;
      const widths = drawUnknown(random.fork(round, place), known, (draw) =>
        parents.length === 0 ? space.draw(draw) : breed(space, parents, draw),
      );
      if (widths) await take(widths);
    }
  }
  return candidates;
}

/** The best network within the budget: of the highest accuracy, of these with the lowest loss, of these the first. */
export function chooseBest(space: SearchSpace, candidates: readonly Candidate[]): Candidate | undefined {
  return rank(space, candidates)[0];
}

/** Below 0 where the first of two networks is the better one, 0 where they are alike. */
export function compareCandidates(a: Judgement, b: Judgement): number {
  return b.top1 - a.top1 || a.loss - b.loss;
}

function rank(space: SearchSpace, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ widths }) => space.fits(widths)).sort(compareCandidates);
}

function chooseParents(space: SearchSpace, candidates: readonly Candidate[], population: number): Candidate[] {
  return rank(space, candidates).slice(0, Math.max(2, Math.round(PARENTS * population)));
}

/** A network that was not judged yet; null where chance finds none, as in a small space. */
function drawUnknown(random: Random, known: ReadonlySet<string>, draw: (random: Random) => Widths): Widths | null {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const widths = draw(random.fork(attempt));
    if (!known.has(widths.join())) return widths;
  }
  return null;
}

function breed(space: SearchSpace, parents: readonly Candidate[], random: Random): Widths {
  const pick = () => parents[random.integer(parents.length)]!.widths;
  const [one, other] = [pick(), pick()];
  const child =
    random.next() < MUTANTS
      ? one.map((width, i) => (random.next() < MUTATION ? draw(space.choices[i]!, random) : width))
      : one.map((width, i) => (random.next() < 0.5 ? width : other[i]!));
  return space.fill(child, random);
}

function draw(choices: Widths, random: Random): number {
  return choices[random.integer(choices.length)]!;
}
