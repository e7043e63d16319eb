import { listActiveMethods, METHODS, type MethodName } from './methods.ts';
import { CHOSEN_CLIP_NORM, type Recipe } from './recipe.ts';

/** Methods of which a student learns at the default rate without clipping as well as with it, or better. */
const GENTLE: ReadonlySet<MethodName> = new Set(['crossEntropy', 'logits', 'features', 'reviewkd']);

/**
 * The largest norm of all gradients together, null: any. It is the recipe's, or by itself one for a student that learns by
 * more than labels, softened answers, features and their review: the weights that papers give go with smaller learning rates than networks are trained from scratch with here.
 *
 * @param distill what the network learns by; null: labels alone
 */
export function resolveClipNorm(
  { clipNorm, name }: Pick<Recipe['train']['optimizer'], 'clipNorm' | 'name'>,
  distill: Pick<Recipe['distill'], MethodName> | null,
): number | null {
  if (clipNorm !== null) return clipNorm === 0 ? null : clipNorm;
  // AdamW's steps do not grow with the gradients.
  return name === 'sgd' && distill !== null && findSteep(distill) !== undefined ? CHOSEN_CLIP_NORM : null;
}

/** The same for people: "1 for the student, which learns by “Order of the answers”". */
export function explainClipNorm({ train: { optimizer }, distill }: Pick<Recipe, 'train' | 'distill'>): string {
  const norm = resolveClipNorm(optimizer, distill);
  if (norm === null) return 'off';
  const steep = optimizer.clipNorm === null ? findSteep(distill) : undefined;
  return steep === undefined ? String(norm) : `${norm} for the student, which learns by “${METHODS[steep].title}”`;
}

/** The first active method with which large steps throw a student off. */
function findSteep(distill: Pick<Recipe['distill'], MethodName>): MethodName | undefined {
  return listActiveMethods(distill).find((name) => !GENTLE.has(name));
}
