import type { Role } from '../../ui/roles.ts';

/** Which test images to show: those of a cell in a network's confusion matrix. Null: any class. */
export interface ImageFilter {
  readonly model: Role;
  readonly label: number | null;
  readonly guess: number | null;
  readonly wrongOnly: boolean;
}

/** Describes the selected images in a heading. */
export function describeFilter({ label, guess, wrongOnly }: ImageFilter, classes: readonly string[]): string {
  const name = (index: number): string => classes[index] ?? `class ${index}`;
  if (label !== null && guess !== null)
    return label === guess ? `${name(label)}, correct` : `${name(label)} mistaken for ${name(guess)}`;
  if (label !== null) return wrongOnly ? `${name(label)}, misclassified` : `${name(label)}, all images`;
  if (guess !== null) return wrongOnly ? `Wrongly predicted as ${name(guess)}` : `Predicted as ${name(guess)}`;
  return wrongOnly ? 'Misclassified images' : 'All test images';
}
