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
  // By the pair's lower and higher class; a thousand classes have half a million pairs, nearly all without a mistake.
  const mistakes = new Map<number, number>();
  for (const matrix of matrices)
    for (const [row, line] of matrix.entries())
      for (let column = 0; column < line.length; column++) {
        if (line[column] === 0 || row === column) continue;
        const pair = Math.min(row, column) * classes + Math.max(row, column);
        mistakes.set(pair, (mistakes.get(pair) ?? 0) + line[column]!);
      }
  const pairs = [...mistakes].map(([pair, count]) => ({ a: Math.floor(pair / classes), b: pair % classes, count }));
  pairs.sort((x, y) => y.count - x.count || x.a - y.a || x.b - y.b);
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

/** A matrix with the groups' rows and columns alone, summed; without the `diagonal`, only what was guessed wrong. */
export function reduceMatrix(
  matrix: Matrix,
  groups: readonly ClassGroup[],
  { diagonal = true }: { diagonal?: boolean } = {},
): number[][] {
  const count = (a: number, b: number): number => (a === b && !diagonal ? 0 : (matrix[a]?.[b] ?? 0));
  return groups.map((row) =>
    groups.map((column) =>
      row.labels.reduce((sum, a) => sum + column.labels.reduce((part, b) => part + count(a, b), 0), 0),
    ),
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
  const mistakes: Mistake[] = [];
  for (const [label, line] of student.entries())
    for (let guess = 0; guess < line.length; guess++)
      if (line[guess]! > 0 && guess !== label)
        mistakes.push({ label, guess, teacher: teacher[label]?.[guess] ?? 0, student: line[guess]! });
  return mistakes
    .filter((mistake) => rank(mistake) > 0)
    .sort((a, b) => rank(b) - rank(a))
    .slice(0, limit);
}
