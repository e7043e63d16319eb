import { SvelteMap } from 'svelte/reactivity';
import type { StepPoint } from '../../../shared/ipc/topics/runs.ts';
import type { EmbeddingFigures, EpochMetrics } from '../../../shared/run/report.ts';
import { findLine, LINE_NAMES, type Line, mapLines } from '../../../shared/run/stages.ts';
import { PointBuffer } from '../../charts/point-buffer.svelte.ts';

/** The most points that one curve keeps: far more than a screen has pixels. */
export const CURVE_LIMIT = 20_000;

/** The training curves of one network, by epoch. */
export class LineCurves {
  readonly loss = new PointBuffer(CURVE_LIMIT);
  /** Unweighted terms of the loss, by name. */
  readonly terms = new SvelteMap<string, PointBuffer>();
  readonly learningRate = new PointBuffer(CURVE_LIMIT);
  /** Factors by which schedules multiply the weights of methods, by name; empty if none does. */
  readonly factors = new SvelteMap<string, PointBuffer>();
  readonly macs = new PointBuffer(CURVE_LIMIT);
  readonly train = new PointBuffer();
  readonly validation = new PointBuffer();
  /** What embeddings are worth while there are no labels; all empty for a network that learns from them. */
  readonly embedding: Readonly<Record<keyof EmbeddingFigures, PointBuffer>> = {
    neighbours: new PointBuffer(),
    probe: new PointBuffer(),
    alignment: new PointBuffer(),
    uniformity: new PointBuffer(),
    deviation: new PointBuffer(),
  };
  /** The last point; null before the first. */
  last = $state.raw<StepPoint | null>(null);
  /** Of the last epoch that was added. */
  #end = 0;

  /** Adds points; known ones are skipped. */
  addSteps(points: readonly StepPoint[]): void {
    const known = this.last?.step ?? -1;
    const news = points.filter(({ step }) => step > known);
    if (news.length === 0) return;
    const of = (read: (point: StepPoint) => number): [number, number][] =>
      news.map((point) => [point.epoch, read(point)]);
    this.loss.append(of(({ loss }) => loss));
    this.#append(this.terms, news, ({ terms }) => terms);
    this.#append(this.factors, news, ({ factors }) => factors);
    this.learningRate.append(of(({ learningRate }) => learningRate));
    this.macs.append(of(({ macs }) => macs));
    this.last = news.at(-1)!; // There is at least one.
  }

  #append(
    buffers: SvelteMap<string, PointBuffer>,
    points: readonly StepPoint[],
    read: (point: StepPoint) => Readonly<Record<string, number>>,
  ): void {
    for (const name of new Set(points.flatMap((point) => Object.keys(read(point))))) {
      const buffer = buffers.get(name) ?? new PointBuffer(CURVE_LIMIT);
      buffer.append(points.map((point) => [point.epoch, read(point)[name] ?? Number.NaN]));
      if (!buffers.has(name)) buffers.set(name, buffer);
    }
  }

  /** Adds the metrics at the end of an epoch; a known one is skipped. */
  addEpoch({ epoch, trainTop1, validationTop1, embedding }: EpochMetrics): void {
    const end = epoch + 1;
    if (end <= this.#end) return;
    this.#end = end;
    if (embedding)
      for (const [figure, points] of Object.entries(this.embedding))
        points.append([[end, embedding[figure as keyof EmbeddingFigures]]]); // The keys written above.
    else if (validationTop1 !== null) this.validation.append([[end, validationTop1]]);
    if (trainTop1 !== null) this.train.append([[end, trainTop1]]);
  }
}

/** The curves of all networks that a run trains. */
export class Curves {
  readonly lines: Readonly<Record<Line, LineCurves>> = mapLines(() => new LineCurves());

  /** Whether any network has begun. */
  get begun(): boolean {
    return LINE_NAMES.some((line) => this.lines[line].loss.version > 0);
  }

  addSteps(points: readonly StepPoint[]): void {
    const byLine = Map.groupBy(points, ({ stage }) => findLine(stage));
    for (const [line, own] of byLine) if (line) this.lines[line].addSteps(own);
  }

  addEpochs(epochs: readonly EpochMetrics[]): void {
    for (const metrics of epochs) {
      const line = findLine(metrics.stage);
      if (line) this.lines[line].addEpoch(metrics);
    }
  }
}
