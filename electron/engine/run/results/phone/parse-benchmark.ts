/** What TFLite's `benchmark_model` found, or why that cannot be told. */
export type BenchmarkReading =
  | { readonly latencyMs: { p50: number; p95: number }; readonly timings: number }
  | { readonly reason: string };

/** A line of figures in microseconds; the first is of the warm-up. */
const FIGURES = /\bcount=(\d+)\b.*?\bmedian=([\d.e+]+)\b.*?\bp95=([\d.e+]+)/g;

/** Reads the output of `benchmark_model`, which is of a program that somebody named. */
export function parseBenchmark(output: string): BenchmarkReading {
  const [, count, median, p95] = [...output.matchAll(FIGURES)].at(-1) ?? [];
  const [p50Ms, p95Ms, timings] = [Number(median) / 1000, Number(p95) / 1000, Number(count)];
  if (p50Ms > 0 && p95Ms >= p50Ms && Number.isFinite(p95Ms) && timings > 0)
    return { latencyMs: { p50: p50Ms, p95: p95Ms }, timings };
  if (/\bcount=\d+.*\bavg=/.test(output))
    return { reason: 'This benchmark_model tells no median and p95; use a newer one.' };
  const error = output.split('\n').find((line) => /error|fail|denied|not found|not executable/i.test(line));
  return { reason: `benchmark_model gave no figures${error === undefined ? '' : `: ${error.trim()}`}.` };
}
