import type { Recipe } from '../../../shared/run/recipe.ts';
import { DecantError } from '../core/errors.ts';
import type { Network } from '../model/network.ts';
import { lastMap } from '../model/reuse-classifier.ts';
import { listBlockEnds, listTaps, nearest, type Tap } from '../model/taps.ts';

/** Names of two nodes whose feature maps are compared. */
export interface FeaturePair {
  readonly teacher: string;
  readonly student: string;
}

/**
 * Pairs feature maps of teacher and student, deepest first: as the user names them (`[teacher node, student node]`), else
 * the last block of each at every stride that both have, `levels` of them counted from the deepest.
 *
 * @throws DecantError `recipe.invalid` when a named node does not exist or has no feature map, when the list of names is empty,
 * or when the networks have no stride in common
 */
export function choosePairs(
  teacher: Network,
  student: Network,
  { pairs, levels }: Pick<Recipe['distill'], 'pairs' | 'levels'>,
): FeaturePair[] {
  if (pairs?.length === 0) {
    throw new DecantError(
      'recipe.invalid',
      'distill.pairs is an empty list; name at least one pair, or null to pair by stride, or set the weights of the methods that compare feature maps to 0.',
    );
  }
  if (pairs) {
    return pairs.map(([teacherTap, studentTap]) => ({
      teacher: checkTap(teacher, teacherTap, 'teacher'),
      student: checkTap(student, studentTap, 'student'),
    }));
  }
  const teacherBlocks = lastBlocks(teacher);
  const studentBlocks = lastBlocks(student);
  const chosen = [...studentBlocks]
    .filter(([stride]) => teacherBlocks.has(stride))
    .sort(([a], [b]) => b - a)
    .slice(0, levels)
    .map(([stride, tap]) => ({ teacher: teacherBlocks.get(stride)!, student: tap }));
  if (chosen.length > 0) return chosen;
  throw new DecantError(
    'recipe.invalid',
    `${teacher.architecture} and ${student.architecture} have no feature maps of the same stride to pair; name the pairs in distill.pairs.`,
    { teacherStrides: [...teacherBlocks.keys()], studentStrides: [...studentBlocks.keys()] },
  );
}

/**
 * Pairs values of a network that is not ours, as the user names them, with a student's feature maps.
 *
 * @throws DecantError `recipe.invalid` when the student has no such feature map
 */
export function pairWithValues(student: Network, pairs: readonly (readonly [string, string])[]): FeaturePair[] {
  return pairs.map(([teacher, tap]) => ({ teacher, student: checkTap(student, tap, 'student') }));
}

/** The last feature maps of both, which the classifiers look at. */
export function pairLastMaps(teacher: Network, student: Network): FeaturePair {
  return { teacher: lastMap(teacher), student: lastMap(student) };
}

/** The last block's output at each stride, by stride. */
function lastBlocks(network: Network): Map<number, string> {
  const blockEnds = new Set(listBlockEnds(network).map(({ name }) => name));
  return new Map(featureTaps(network).flatMap(({ name, stride }) => (blockEnds.has(name) ? [[stride, name]] : [])));
}

function featureTaps(network: Network): Tap[] {
  return listTaps(network).filter(({ op, flat }) => op !== 'input' && !flat);
}

function checkTap(network: Network, name: string, side: 'teacher' | 'student'): string {
  const known = featureTaps(network).map((tap) => tap.name);
  if (known.includes(name)) return name;
  const near = nearest(name, known, 3);
  throw new DecantError(
    'recipe.invalid',
    `distill.pairs names "${name}", but the ${side} (${network.architecture}) has no feature map of that name; did you mean ${near.map((text) => `"${text}"`).join(', ')}?`,
    { side, name, near },
  );
}
