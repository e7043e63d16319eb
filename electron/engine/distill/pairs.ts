import type { Recipe } from '../../../shared/run/recipe.ts';
import { DecantError } from '../core/errors.ts';
import { inputsOf, type Network } from '../model/network.ts';
import { nearNames } from './near-names.ts';

/** Names of two nodes whose feature maps are compared. */
export interface FeaturePair {
  readonly teacher: string;
  readonly student: string;
}

/**
 * Pairs feature maps of teacher and student, deepest first: as the user names them (`[teacher node, student node]`), else
 * the last block of each at every stride that both have, `levels` of them counted from the deepest.
 *
 * @throws DecantError `recipe.invalid` when a named node does not exist or has no feature map, or when the networks have
 * no stride in common
 */
export function choosePairs(
  teacher: Network,
  student: Network,
  { pairs, levels }: Pick<Recipe['distill'], 'pairs' | 'levels'>,
): FeaturePair[] {
  if (pairs) {
    return pairs.map(([teacherTap, studentTap]) => ({
      teacher: checkTap(teacher, teacherTap, 'teacher'),
      student: checkTap(student, studentTap, 'student'),
    }));
  }
  const teacherBlocks = lastBlocks(teacher);
  const chosen = [...lastBlocks(student)]
    .filter(([stride]) => teacherBlocks.has(stride))
    .sort(([a], [b]) => b - a)
    .slice(0, levels)
    .map(([stride, tap]) => ({ teacher: teacherBlocks.get(stride)!, student: tap }));
  if (chosen.length > 0) return chosen;
  throw new DecantError(
    'recipe.invalid',
    `${teacher.architecture} and ${student.architecture} have no feature maps of one stride to pair; name the pairs in distill.pairs.`,
    { teacherStrides: [...teacherBlocks.keys()], studentStrides: [...lastBlocks(student).keys()] },
  );
}

/**
 * The last block's output at each stride, by stride. A block ends in a linear bottleneck (Sandler et al. 2018): a batch
 * norm without activation, or the sum that it is added to.
 */
function lastBlocks(network: Network): Map<number, string> {
  const strides = stridesOf(network);
  const blocks = new Map<number, string>();
  for (const node of network.nodes) {
    const endsBlock = node.op === 'add' || (node.op === 'batchNorm' && node.activation === 'none');
    if (endsBlock) blocks.set(strides.get(node.name)!, node.name);
  }
  return blocks;
}

/** Pixels of the input that one step in each node's feature map spans; none for nodes after the global pool. */
function stridesOf(network: Network): Map<string, number> {
  const strides = new Map<string, number>();
  for (const node of network.nodes) {
    const before = node.op === 'input' ? 1 : strides.get(inputsOf(node)[0]!);
    if (before === undefined || node.op === 'globalAveragePool' || node.op === 'flatten' || node.op === 'dense')
      continue;
    strides.set(node.name, before * (node.op === 'conv' || node.op === 'depthwise' ? node.stride : 1));
  }
  return strides;
}

function checkTap(network: Network, name: string, side: 'teacher' | 'student'): string {
  const known = [...stridesOf(network).keys()].filter((node) => network.nodes[0]?.name !== node);
  if (known.includes(name)) return name;
  const near = nearNames(name, known);
  throw new DecantError(
    'recipe.invalid',
    `distill.pairs names "${name}", but the ${side} (${network.architecture}) has no feature map of that name; the nearest are ${near.map((text) => `"${text}"`).join(', ')}.`,
    { side, name, near },
  );
}
