/** Rows are true classes, columns are predictions, entries count test images. */
export type Matrix = readonly (readonly number[])[];

/** Classes that share a row and a column. */
export interface ClassGroup {
  readonly name: string;
  readonly labels: readonly number[];
}

/** The most rows that can be told apart on a screen. */
export const MOST_ROWS = 40;

/**
 * Picks the most confused classes. Pairs of classes are ordered by their mistakes in all matrices and both directions,
 * and the classes of each pair stay together, until there are `limit` classes. Any room left is filled in label order.
 */
export function pickMostConfused(matrices: readonly Matrix[], limit: number): number[] {
  const classes = matrices[0]?.length ?? 0;
  // A sparse map, because a thousand classes have half a million pairs, nearly all without a mistake.
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

/** Groups all classes into at most `limit` groups of neighbours of similar size. */
export function binClasses(names: readonly string[], limit: number): ClassGroup[] {
  const size = Math.ceil(names.length / limit);
  return Array.from({ length: Math.ceil(names.length / Math.max(1, size)) }, (_, i) => {
    const labels = names.map((_name, label) => label).slice(i * size, (i + 1) * size);
    const [first, last] = [names[labels[0]!]!, names[labels.at(-1)!]!];
    return { name: labels.length === 1 ? first : `${first} … ${last}`, labels };
  });
}

/** Sums a matrix over the groups' rows and columns. Without the `diagonal`, only mistakes count. */
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

/** Counts the mistakes in a matrix: everything off the diagonal. */
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

/** Lists the student's mistakes, the most frequent first; by `added`, those it makes more often than the teacher. */
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
