import type { Role } from '../../ui/roles.ts';

/** Which test images are looked at: those of a cell of a network's confusion matrix. Null: any class. */
export interface ImageFilter {
  readonly model: Role;
  readonly label: number | null;
  readonly guess: number | null;
  readonly wrongOnly: boolean;
}

/** What the images have in common, as a heading. */
export function describeFilter({ label, guess, wrongOnly }: ImageFilter, classes: readonly string[]): string {
  const name = (index: number): string => classes[index] ?? `class ${index}`;
  if (label !== null && guess !== null)
    return label === guess ? `${name(label)}, guessed right` : `${name(label)} taken for ${name(guess)}`;
  if (label !== null) return wrongOnly ? `${name(label)} taken for something else` : `All of ${name(label)}`;
  if (guess !== null) return wrongOnly ? `Wrongly taken for ${name(guess)}` : `Taken for ${name(guess)}`;
  return wrongOnly ? 'Wrong images' : 'All test images';
}
