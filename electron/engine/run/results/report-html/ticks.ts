/** Round numbers between two others, at most six. */
export function listTicks(from: number, to: number): number[] {
  const power = 10 ** Math.floor(Math.log10((to - from) / 5));
  const step = power * [1, 2, 5, 10].find((factor) => (to - from) / (factor * power) <= 5)!; // Ten always is enough.
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, i) => (first + i) * step);
}
