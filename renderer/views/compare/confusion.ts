/** Rows are true classes, columns guesses; entries are test images. */
export type Matrix = readonly (readonly number[])[];

/** Classes that share a row and a column. */
export interface ClassGroup {
  readonly name: string;
  readonly labels: readonly number[];
}

/** More rows than this cannot be told apart on a screen. */
export const MOST_ROWS = 40;

/**
 * The classes whose images change places most: pairs of classes by their mistakes in all the matrices, in both
 * directions, each pair side by side, until there are `limit` classes. The rest follow by number, where there is room.
 */
export function pickMostConfused(matrices: readonly Matrix[], limit: number): number[] {
  const classes = matrices[0]?.length ?? 0;
  const pairs: { a: number; b: number; mistakes: number }[] = [];
  for (let a = 0; a < classes; a++)
    for (let b = a + 1; b < classes; b++) {
      const mistakes = matrices.reduce((sum, matrix) => sum + (matrix[a]?.[b] ?? 0) + (matrix[b]?.[a] ?? 0), 0);
      if (mistakes > 0) pairs.push({ a, b, mistakes });
    }
  pairs.sort((x, y) => y.mistakes - x.mistakes);
  const picked = new Set<number>();
  for (const { a, b } of pairs) {
    if (picked.size >= limit) break;
    picked.add(a);
    if (picked.size < limit) picked.add(b);
  }
  for (let label = 0; label < classes && picked.size < limit; label++) picked.add(label);
  return [...picked];
}

/** All classes in at most `limit` groups of neighbours, alike in size. */
export function binClasses(names: readonly string[], limit: number): ClassGroup[] {
  const size = Math.ceil(names.length / limit);
  return Array.from({ length: Math.ceil(names.length / Math.max(1, size)) }, (_, i) => {
    const labels = names.map((_name, label) => label).slice(i * size, (i + 1) * size);
    const [first, last] = [names[labels[0]!]!, names[labels.at(-1)!]!];
    return { name: labels.length === 1 ? first : `${first} … ${last}`, labels };
  });
}

/** A matrix with the groups' rows and columns alone, summed. */
export function reduceMatrix(matrix: Matrix, groups: readonly ClassGroup[]): number[][] {
  return groups.map((row) =>
    groups.map((column) =>
      row.labels.reduce((sum, a) => sum + column.labels.reduce((part, b) => part + (matrix[a]?.[b] ?? 0), 0), 0),
    ),
  );
}

/** Test images of each group, wherever they were guessed to be. */
export function countRows(matrix: Matrix, groups: readonly ClassGroup[]): number[] {
  return groups.map(({ labels }) =>
    labels.reduce((sum, label) => sum + (matrix[label] ?? []).reduce((part, count) => part + count, 0), 0),
  );
}

/** Mistakes in a matrix: all that is off the diagonal. */
export function countMistakes(matrix: Matrix): number {
  return matrix.reduce(
    (sum, line, row) => sum + line.reduce((part, count, i) => (i === row ? part : part + count), 0),
    0,
  );
}

export interface Mistake {
  readonly label: number;
  readonly guess: number;
  readonly teacher: number;
  readonly student: number;
}

/** What the student takes for what, most often first: or, by `added`, what it does more often than the teacher. */
export function listMistakes(
  teacher: Matrix,
  student: Matrix,
  { by, limit }: { by: 'count' | 'added'; limit: number },
): Mistake[] {
  const rank = (mistake: Mistake): number => mistake.student - (by === 'added' ? mistake.teacher : 0);
  return student
    .flatMap((line, label) =>
      line.flatMap((count, guess) =>
        count > 0 && guess !== label ? { label, guess, teacher: teacher[label]?.[guess] ?? 0, student: count } : [],
      ),
    )
    .filter((mistake) => rank(mistake) > 0)
    .sort((a, b) => rank(b) - rank(a))
    .slice(0, limit);
}
