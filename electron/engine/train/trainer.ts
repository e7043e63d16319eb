import * as tf from '@tensorflow/tfjs-core';
import {
  findNeeds,
  learnFromLabels,
  METHODS,
  type MethodNeed,
  type MethodSettings,
  needsTeacher,
  teachesViews,
} from '../../../shared/run/methods.ts';
import { type Recipe, recipeSchema } from '../../../shared/run/recipe.ts';
import { differentiate, type UpdateGuard, updateEma } from '../compute/index.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { DecantError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import {
  type ClassBalance,
  type FeatureLevel,
  type FeaturePair,
  type MethodFacts,
  needsOf,
  Objective,
  type PerImageSettings,
  type ViewOutputs,
  type WeightedMethod,
} from '../distill/index.ts';
import {
  embeddingLength,
  embeddingTap,
  type ForwardResult,
  featureShapes,
  forward,
  type Network,
  Parameters,
  parameterSpecs,
  updateStatistics,
} from '../model/index.ts';
import { differentiateNarrow } from '../search/index.ts';
import type {
  ImageView,
  Teacher,
  TeacherAnswer,
  TeacherOutputs,
  TeacherWish,
  TrainingBatch,
} from '../teacher/index.ts';
import { differentiateInChunks } from './chunked-gradients.ts';
import { clipGradients } from './clip-gradients.ts';
import { findNonFinite, readVariables } from './host-variables.ts';
import { ImageLedger, type ImageScores } from './image-ledger.ts';
import { type BadLoss, LossLedger, type ScaledStep } from './loss-ledger.ts';
import { LossScaler, type LossScaleSettings, SMALLEST_SCALE, unscaleGradients } from './loss-scaler.ts';
import { Optimizer, type TrainedParameter } from './optimizer.ts';
import { recalibrate } from './recalibrate.ts';
import { rotateImages } from './rotate-images.ts';
import type { TrainerState } from './trainer-state.ts';

/** Share of a batch in the running statistics of batch norm, as PyTorch's default. */
const STATISTICS_MOMENTUM = 0.1;
/** Steps between two readings of the loss: each makes a graphics card wait, and bounds how late bad numbers are noticed. */
const STEPS_BETWEEN_CHECKS = 20;
/** Where steps are slow it is read as often as this, which costs them next to nothing. */
const TIME_BETWEEN_CHECKS_MS = 1000;

/** From whom a network learns, what, and by which methods. */
export interface Distillation {
  /** Its owner closes it, after the trainer. */
  readonly teacher: Teacher;
  readonly settings: MethodSettings;
  /** Paired feature maps, as `choosePairs` gave them. */
  readonly pairs: readonly FeaturePair[];
  /** The last feature maps of both, as `pairLastMaps` gave them; left out: no method compares them. */
  readonly lastMaps?: FeaturePair | null;
  /** How much the teacher's answers count for each image; left out: all alike. */
  readonly perImage?: PerImageSettings;
}

export interface TrainerOptions {
  /** `startState` of a fresh network, or what `exportState` gave. */
  readonly state: TrainerState;
  /** What is distilled; without it the network learns from the labels alone. */
  readonly distillation?: Distillation | undefined;
  readonly labelSmoothing: number;
  readonly optimizer: Recipe['train']['optimizer'];
  /** Learning rate of a step, counted from 0 over the whole life of the state. */
  readonly learningRate: (step: number) => number;
  /** Scales the loss, which mixed precision needs, in this way; without it the loss is as it is. */
  readonly lossScaling?: Partial<LossScaleSettings> | undefined;
  /** Training images of each class, for methods that look at them. */
  readonly classCounts?: Float32Array | undefined;
  /** What is done for classes with few images; left out: nothing. */
  readonly balance?: ClassBalance | null | undefined;
  /** Number of training images, for methods that remember single ones. */
  readonly images?: number | undefined;
  /** Images that are computed at a time, where methods look at embeddings alone; left out or null: all of a batch. */
  readonly chunk?: number | null | undefined;
  /**
   * Networks of the first of this one's channels that learn its answers in a step, by its epoch and batch: a supernet; left out:
   * none.
   */
  readonly narrow?: ((epoch: number, batch: number) => readonly Network[]) | undefined;
  /** Source of dropout and of what methods draw. */
  readonly random: Random;
  /** For messages: "teacher", "fine-tune". */
  readonly stage: string;
  readonly clock?: Clock | undefined;
}

export interface TrainOptions {
  /** Counted from 0; with `epochs` it decides the weights of the losses. */
  readonly epoch: number;
  readonly epochs: number;
  /** Number, in its epoch, of the first batch that is given. */
  readonly firstBatch?: number;
  /** Looked at between steps; once it is aborted, `train` ends early, and its result is of the batches until then. */
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((progress: StepProgress) => void) | undefined;
  /** Hears of the losses whenever they have been read, some steps at once. */
  readonly onLosses?: ((losses: StretchOfSteps) => void) | undefined;
  /** Hears of each step that was skipped because of overflow and of each rise of the loss scale, some steps later. */
  readonly onScale?: ((change: ScaleChange) => void) | undefined;
  /**
   * Sees the gradients of each batch before the step, and the parameters that they belong to, both by name; zeros for a step
   * that is left out. It runs inside `tf.tidy`: what it wants to keep it keeps itself.
   */
  readonly onGradients?:
    | ((gradients: ReadonlyMap<string, tf.Tensor>, values: ReadonlyMap<string, tf.Tensor>) => void)
    | undefined;
}

export interface StepProgress {
  /** Number of the batch in its epoch, from 0. */
  readonly batch: number;
  readonly images: number;
  readonly learningRate: number;
}

/** Some steps that were taken, as one. */
export interface StretchOfSteps {
  /** Numbers of the first and the last batch in their epoch. */
  readonly first: number;
  readonly last: number;
  /** Mean over the images, by part, each without its weight. */
  readonly losses: Readonly<Record<string, number>>;
  /** Of the last step. */
  readonly learningRate: number;
  readonly imagesPerSecond: number;
}

/** A change of the loss scale, and in which batch. */
export interface ScaleChange {
  readonly batch: number;
  /** The new scale. */
  readonly scale: number;
  /** Whether the step was left out, because a gradient overflowed; the scale was then lowered, else raised. */
  readonly skipped: boolean;
}

export interface TrainResult {
  /** Mean over the images, by part, each without its weight. */
  readonly losses: Readonly<Record<string, number>>;
  /** Share of the images, as augmented, whose highest logit is that of the highest target. */
  readonly top1: number;
  readonly batches: number;
  readonly images: number;
  readonly elapsedMs: number;
  readonly imagesPerSecond: number;
  /** Of the last step. */
  readonly learningRate: number;
  /** Steps that were left out because a gradient overflowed. */
  readonly skippedSteps: number;
  /** After the last step; null where the loss is not scaled. */
  readonly lossScale: number | null;
  /** Of each image; null where nobody teaches. */
  readonly scores: ImageScores | null;
}

/**
 * Trains one network, from labels or from labels and a teacher. Holds the parameters on the back end; the owner calls
 * `dispose`, and reads what it wants to keep with `exportState`, from which another trainer goes on bit by bit alike.
 */
export class Trainer {
  /** The network's numbers as they are now; they stay the trainer's. */
  readonly parameters: Parameters;
  /** Their moving average, the better one to evaluate; null when it is off. */
  readonly average: Parameters | null;
  readonly #options: TrainerOptions;
  readonly #objective: Objective;
  readonly #trained: ReadonlyMap<string, TrainedParameter>;
  readonly #optimizer: Optimizer;
  readonly #clock: Clock;
  readonly #scaler: LossScaler | null;
  /** As last read. */
  #scaling: { scale: number; skippedInARow: number };
  #step: number;

  /** @throws DecantError `weights.mismatch` when the state's parts do not fit each other */
  constructor(options: TrainerOptions) {
    const { state, distillation, optimizer, lossScaling, random, clock = systemClock } = options;
    const { network } = state;
    this.#options = options;
    this.#clock = clock;
    this.#step = state.step;
    this.parameters = Parameters.fromWeights(network, state.weights);
    this.average = optimizer.ema > 0 ? Parameters.fromWeights(network, state.average ?? state.weights) : null;
    this.#objective = new Objective(distillation?.settings ?? LABELS_ALONE, {
      facts: describeFacts(options),
      states: state.methods,
      random,
      perImage: distillation?.perImage ?? null,
    });
    this.#trained = new Map([
      ...parameterSpecs(network)
        .filter(({ trainable, frozen }) => trainable && !frozen)
        .map(({ name, decay }) => [name, { variable: this.parameters.variables.get(name)!, decay }] as const),
      ...this.#objective.variables,
    ]);
    this.#optimizer = new Optimizer(this.#trained, { ...optimizer, slots: state.slots });
    this.#scaler = lossScaling ? new LossScaler(lossScaling, state.lossScale) : null;
    this.#scaling = { scale: this.#scaler?.initialScale ?? 1, skippedInARow: 0 };
  }

  /**
   * Trains on all given batches, which are (a stretch of) one epoch.
   *
   * @throws DecantError `training.diverged` when a loss or a parameter is not a finite number, or gradients overflow at any
   * loss scale; the trainer is then of no more use, and the last exported state is the last good one
   */
  async train(
    batches: AsyncIterable<TrainingBatch> | Iterable<TrainingBatch>,
    { epoch, epochs, firstBatch = 0, signal, onStep, onLosses, onScale, onGradients }: TrainOptions,
  ): Promise<TrainResult> {
    const methods = this.#objective.weigh(epoch, epochs);
    const needs = needsOf(methods);
    const teaches = methods.some(({ name }) => needsTeacher(METHODS[name]));
    const ledger = new LossLedger([...methods.map(({ name }) => name), 'top1'], { scaled: this.#scaler !== null });
    const watched = this.#options.distillation ? new ImageLedger() : null;
    const startedAt = this.#clock.elapsedMs();
    let [number, images, learningRate, skippedSteps] = [firstBatch, 0, 0, 0];
    let settledAt = startedAt;
    const settle = async () => {
      const { stretch, skipped } = await this.#settle(ledger, epoch, onScale);
      await watched?.settle();
      skippedSteps += skipped;
      const elapsedMs = this.#clock.elapsedMs() - settledAt;
      settledAt += elapsedMs;
      if (!stretch) return;
      const { top1: _, ...losses } = stretch.means;
      const imagesPerSecond = elapsedMs > 0 ? (1000 * stretch.images) / elapsedMs : 0;
      onLosses?.({ first: stretch.first, last: stretch.last, losses, learningRate, imagesPerSecond });
    };
    try {
      for await (const batch of batches) {
        if (signal?.aborted) break;
        learningRate = this.#options.learningRate(this.#step);
        const random = this.#options.random.fork('dropout', epoch, number);
        const sources = listSources(batch, methods, this.#options.state.network);
        const answers = teaches ? await this.#askTeacher(batch, sources) : null;
        const losses = tf.tidy(() => {
          const watches = watched !== null && batch.indices !== undefined && batch.unlabelled !== 'own';
          const narrow = this.#options.narrow?.(epoch, number) ?? [];
          const step = { batch, sources, answers, methods, needs, epoch, epochs, random, watches, narrow };
          const { values, scores, gradients, statistics } = this.#isChunked(step)
            ? this.#differentiateInChunks(step)
            : this.#differentiate(step);
          if (scores) watched?.add(batch.indices!, scores); // They are of images that are known.
          const verdict = this.#scaler?.judge([...gradients.values()], { clipNorm: this.#options.optimizer.clipNorm });
          onGradients?.(verdict ? unscaleGradients(gradients, verdict) : gradients, this.parameters.variables);
          this.#update(gradients, statistics, { learningRate, guard: verdict?.guard });
          return verdict ? tf.concat1d([values, verdict.outcome]) : values;
        });
        ledger.add(losses, { images: batch.size, batch: number });
        onStep?.({ batch: number, images: batch.size, learningRate });
        number++;
        images += batch.size;
        // Reading the losses waits for the device.
        if (ledger.pending === STEPS_BETWEEN_CHECKS || this.#clock.elapsedMs() - settledAt >= TIME_BETWEEN_CHECKS_MS)
          await settle();
      }
      await settle();
    } finally {
      ledger.dispose();
      watched?.dispose();
    }
    const elapsedMs = this.#clock.elapsedMs() - startedAt;
    const imagesPerSecond = elapsedMs > 0 ? (images * 1000) / elapsedMs : 0;
    const { top1, ...losses } = ledger.means();
    return {
      losses,
      top1: top1!,
      batches: number - firstBatch,
      images,
      elapsedMs,
      imagesPerSecond,
      learningRate,
      skippedSteps,
      lossScale: this.#scaler ? this.#scaling.scale : null,
      scores: watched?.scores() ?? null,
    };
  }

  /**
   * Measures batch norm's running statistics again, as the plain mean over the given batches: after a cut, the old ones
   * are those of another network. No parameter is trained.
   */
  async recalibrate(
    batches: AsyncIterable<TrainingBatch> | Iterable<TrainingBatch>,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const all = this.average ? [this.parameters, this.average] : [this.parameters];
    await recalibrate(this.#options.state.network, all, { batches, random: this.#options.random, signal });
  }

  /**
   * Everything that training carries on from here, in ordinary memory.
   *
   * @throws DecantError `training.diverged` when a number in it is not finite, so that what was exported is always good
   */
  async exportState(): Promise<TrainerState> {
    const state: TrainerState = {
      network: this.#options.state.network,
      weights: await readVariables(this.parameters.variables),
      slots: await this.#optimizer.readSlots(),
      average: this.average ? await readVariables(this.average.variables) : null,
      methods: { ...this.#options.state.methods, ...(await this.#objective.exportStates(readVariables)) },
      step: this.#step,
      lossScale: this.#scaler ? await this.#scaler.readState() : this.#options.state.lossScale,
    };
    const ofMethods = Object.values(state.methods).flatMap(({ variables, memory }) => [variables, memory]);
    for (const weights of [state.weights, ...ofMethods, ...state.slots.values()]) {
      const parameter = findNonFinite(weights);
      if (parameter) throw this.#diverged(`after step ${this.#step}: "${parameter}" is not finite`, { parameter });
    }
    return state;
  }

  dispose(): void {
    this.parameters.dispose();
    this.average?.dispose();
    this.#optimizer.dispose();
    this.#objective.dispose();
    this.#scaler?.dispose();
  }

  /** What the teacher has to say of a batch before its step, for each view of it. */
  async #askTeacher({ indices }: TrainingBatch, sources: readonly ViewSource[]) {
    const { teacher } = this.#options.distillation!; // Methods that need a teacher are on only where there is one.
    const answers: (TeacherAnswer | null)[] = [];
    for (const { kind, images, size, view, taught } of sources) {
      const known = kind === 'unlabelled' ? undefined : indices;
      answers.push(taught ? await teacher.answer({ images, size, indices: known, view }) : null);
    }
    return answers;
  }

  /** Losses and accuracy `[methods + 1]`, scores of the images `[2, batch]` where wanted, gradients by parameter and batch statistics of one batch, inside the caller's `tf.tidy`. */
  #differentiate(step: Step): StepGradients {
    const { batch, methods, needs, epoch, epochs } = step;
    const { network } = this.#options.state;
    const targets = tf.tensor2d(batch.targets, [batch.size, network.classes]);
    const views = this.#prepareViews(step);
    const kept: {
      values: tf.Scalar[];
      scores: tf.Tensor2D | null;
      logits: tf.Tensor2D | null;
      statistics: ForwardResult['statistics'];
    } = { values: [], scores: null, logits: null, statistics: [] };

    // What the loss function makes besides its result is disposed with it unless kept.
    const { gradients } = differentiate(
      () => {
        const made = views.map((view) => ({ kind: view.kind, ...this.#view(view, step) }));
        const { outputs, statistics } = made[0]!; // The images as they are come first.
        const inputs = {
          ...outputs,
          secondView: made.find(({ kind }) => kind === 'second')?.outputs ?? null,
          rotations: made.filter(({ kind }) => kind === 'turned').map((view) => view.outputs),
          unlabelled:
            batch.unlabelled === 'own' ? outputs : (made.find(({ kind }) => kind === 'unlabelled')?.outputs ?? null),
          targets,
          sampleIds: needs.has('sampleIds') ? (batch.indices ?? null) : null,
          epoch,
          epochs,
        };
        const { total, values } = this.#objective.compute(methods, inputs);
        if (step.narrow.length > 0) kept.logits = tf.keep(tf.clone(outputs.logits));
        if (step.watches) kept.scores = tf.keep(this.#objective.scoreImages(inputs));
        kept.values = [...values, measureTop1(outputs.logits, targets)].map((value) => tf.keep(tf.clone(value)));
        kept.statistics = statistics;
        for (const { mean, variance } of kept.statistics) {
          tf.keep(mean);
          tf.keep(variance);
        }
        return this.#scaler ? this.#scaler.scaleLoss(total) : total;
      },
      [...this.#trained.values()].map(({ variable }) => variable),
    );
    const values = tf.stack(kept.values) as tf.Tensor1D;
    tf.dispose(kept.values);
    // A variable of a method that has no weight in this epoch has no gradient.
    const named = [...this.#trained.keys()].map((name, i) => [name, gradients[i]] as const);
    const present = new Map(named.filter((entry): entry is [string, tf.Tensor] => entry[1] != null));
    if (kept.logits) this.#addNarrow(present, { step, images: views[0]!.images, answers: kept.logits });
    return { values, scores: kept.scores, gradients: present, statistics: kept.statistics };
  }

  /** Adds what narrower networks have to learn to a step's gradients; disposes the answers. */
  #addNarrow(
    gradients: Map<string, tf.Tensor>,
    { step, images, answers }: { step: Step; images: tf.Tensor4D; answers: tf.Tensor2D },
  ): void {
    const { narrow, random } = step;
    const scale = this.#scaler ? (loss: tf.Scalar) => this.#scaler!.scaleLoss(loss) : undefined;
    const others = differentiateNarrow(narrow, { parameters: this.parameters, images, answers, random, scale });
    answers.dispose();
    for (const [name, other] of others) {
      const own = gradients.get(name);
      gradients.set(name, own ? tf.add(own, other) : other);
      if (own) tf.dispose([own, other]);
    }
  }

  /** Whether a batch is computed in parts: only what looks at embeddings alone can be. */
  #isChunked({ batch, needs }: Step): boolean {
    const { chunk } = this.#options;
    return chunk != null && chunk < batch.size && [...needs].every((need) => NEEDS_OF_EMBEDDINGS.has(need));
  }

  /** The same as `#differentiate` with the memory of a part of the batch; batch norm sees each part by itself. */
  #differentiateInChunks(step: Step): StepGradients {
    const { batch, methods, needs, epoch, epochs, random } = step;
    const { network } = this.#options.state;
    const tap = embeddingTap(network);
    const chunk = this.#options.chunk!; // It is there where this is called.
    const views = this.#prepareViews(step, chunk);
    const zeros = tf.zeros<tf.Rank.R2>([batch.size, network.classes]);
    let values: tf.Scalar[] = [];
    const compare = (embeddings: readonly tf.Tensor2D[]): tf.Scalar => {
      const made = views.map(({ kind, taught }, view): { kind: View['kind']; outputs: ViewOutputs } => {
        const student = embeddings[view]!;
        const teacher = taught?.embedding;
        const outputs = { logits: zeros, teacherLogits: null, levels: [], lastMaps: null };
        return {
          kind,
          outputs: { ...outputs, ownEmbedding: student, embeddings: teacher ? { student, teacher } : null },
        };
      });
      const { total, values: parts } = this.#objective.compute(methods, {
        ...made[0]!.outputs,
        secondView: made.find(({ kind }) => kind === 'second')?.outputs ?? null,
        rotations: [],
        unlabelled: null,
        targets: zeros,
        sampleIds: needs.has('sampleIds') ? (batch.indices ?? null) : null,
        epoch,
        epochs,
      });
      values = parts.map((value) => tf.keep(tf.clone(value)));
      return this.#scaler ? this.#scaler.scaleLoss(total) : total;
    };
    const ofLoss = [...this.#objective.variables].map(([name, { variable }]) => ({ name, variable }));
    const known = new Set(ofLoss.map(({ name }) => name));
    const ofNetwork = [...this.#trained].flatMap(([name, { variable }]) =>
      known.has(name) ? [] : [{ name, variable }],
    );
    const computed = differentiateInChunks({
      views: views.map(({ images }) => images),
      chunk,
      embed: (images, view, part) => {
        const draw = random.fork(view, part);
        const { taps, statistics } = forward(network, this.parameters, images, {
          training: true,
          taps: [tap],
          random: draw,
        });
        return { embedding: taps.get(tap) as tf.Tensor2D, statistics }; // What enters a classifier is flat.
      },
      compare,
      ofNetwork: ofNetwork.map(({ variable }) => variable),
      ofLoss: ofLoss.map(({ variable }) => variable),
    });
    const named = [
      ...ofNetwork.map(({ name }, i) => [name, computed.ofNetwork[i]] as const),
      ...ofLoss.map(({ name }, i) => [name, computed.ofLoss[i]] as const),
    ];
    const stacked = tf.stack([...values, tf.scalar(0)]) as tf.Tensor1D; // No answers, and so none that are right.
    tf.dispose(values);
    const gradients = new Map(named.filter((entry): entry is [string, tf.Tensor] => entry[1] != null));
    return { values: stacked, scores: null, gradients, statistics: computed.statistics };
  }

  /** Each view of a batch on the back end, with what the teacher makes of it, of `chunk` images at a time. */
  #prepareViews({ sources, answers, needs }: Step, chunk: number | null = null): View[] {
    const { state, distillation } = this.#options;
    return sources.map((source, i) => {
      const { kind } = source;
      const images = imageTensor(state.network, source);
      const { pairs, last } = this.#pairsOf(source, needs);
      const taps = [...new Set([...pairs, ...last].map((pair) => pair.teacher))];
      const wish = { taps, embedding: needs.has('embeddings') };
      const asks = answers !== null && source.taught;
      const ask = () => {
        const { teacher } = distillation!; // Methods that need a teacher are on only where there is one.
        const answer = answers![i]!;
        return chunk === null || answer
          ? teacher.forward(images, wish, answer)
          : askInChunks(teacher, images, wish, chunk);
      };
      return { kind, images, taught: asks ? ask() : null };
    });
  }

  /** Which feature maps of a view these needs are about: those that the recipe pairs, and the last ones. */
  #pairsOf(
    { kind, taught }: { kind: View['kind']; taught: boolean },
    needs: ReadonlySet<MethodNeed>,
  ): { pairs: readonly FeaturePair[]; last: readonly FeaturePair[] } {
    const { pairs, lastMaps } = this.#options.distillation ?? {};
    if (!taught || kind === 'turned' || kind === 'unlabelled') return { pairs: [], last: [] };
    return { pairs: (needs.has('maps') && pairs) || [], last: needs.has('lastMaps') && lastMaps ? [lastMaps] : [] };
  }

  /** The student's side of a view, differentiable, beside the teacher's. */
  #view(
    { kind, images, taught }: View,
    { needs, random }: Step,
  ): { outputs: ViewOutputs; statistics: ForwardResult['statistics'] } {
    const { network } = this.#options.state;
    const { pairs, last } = this.#pairsOf({ kind, taught: taught !== null }, needs);
    const embedding = needs.has('embeddings') || needs.has('ownEmbedding') ? [embeddingTap(network)] : [];
    const taps = [...[...pairs, ...last].map(({ student }) => student), ...embedding];
    const output = forward(network, this.parameters, images, { training: true, taps, random });
    const level = (pair: FeaturePair): FeatureLevel => ({
      pair,
      student: output.taps.get(pair.student) as tf.Tensor4D, // Pairs are of feature maps only.
      teacher: taught!.taps.get(pair.teacher)!,
    });
    return {
      outputs: {
        logits: output.logits,
        teacherLogits: taught?.logits ?? null,
        levels: pairs.map(level),
        lastMaps: last.map(level)[0] ?? null,
        embeddings: taught?.embedding
          ? { student: output.taps.get(embedding[0]!) as tf.Tensor2D, teacher: taught.embedding } // What enters a classifier is flat.
          : null,
        ownEmbedding: needs.has('ownEmbedding') ? (output.taps.get(embedding[0]!) as tf.Tensor2D) : null,
      },
      statistics: output.statistics,
    };
  }

  /**
   * One step of the optimizer, the running statistics and the moving average, inside the caller's `tf.tidy`. A guard decides
   * on the device whether any of it happens, and clips.
   */
  #update(
    gradients: ReadonlyMap<string, tf.Tensor>,
    statistics: ForwardResult['statistics'],
    { learningRate, guard }: { learningRate: number; guard: UpdateGuard | undefined },
  ): void {
    const { clipNorm, ema } = this.#options.optimizer;
    const step = ++this.#step;
    const clipped = clipNorm === null || guard ? gradients : clipGradients(gradients, clipNorm);
    this.#optimizer.apply(clipped, { learningRate, step, guard });
    updateStatistics(this.parameters, statistics, STATISTICS_MOMENTUM, guard);
    for (const { mean, variance } of statistics) tf.dispose([mean, variance]);
    if (!this.average) return;
    // The first weights are nearly noise; a shorter memory at first forgets them (as in TensorFlow's moving average).
    const decay = Math.min(ema, (1 + step) / (10 + step));
    for (const { name, frozen } of this.average.specs) {
      if (frozen) continue;
      const average = this.average.variables.get(name)!; // One for each.
      updateEma(average, this.parameters.variables.get(name)!, decay, guard);
    }
  }

  /** Reads the losses since the last time, tells of changes of their scale, and counts the steps left out. */
  async #settle(ledger: LossLedger, epoch: number, onScale: TrainOptions['onScale']) {
    const { stretch, bad, scaled } = await ledger.settle();
    for (const step of scaled) this.#followScale(step, epoch, onScale);
    if (bad) await this.#refuse(bad, epoch);
    return { stretch, skipped: scaled.filter(({ taken }) => !taken).length };
  }

  #followScale({ batch, taken, scale }: ScaledStep, epoch: number, onScale: TrainOptions['onScale']): void {
    if (!taken || scale !== this.#scaling.scale) onScale?.({ batch, scale, skipped: !taken });
    this.#scaling = { scale, skippedInARow: taken ? 0 : this.#scaling.skippedInARow + 1 };
    const { skippedInARow } = this.#scaling;
    if (taken || scale >= SMALLEST_SCALE) return;
    throw this.#diverged(
      `in epoch ${epoch + 1}, batch ${batch + 1}: gradients overflow at any loss scale down to ${scale} (steps skipped in a row: ${skippedInARow})`,
      { epoch, batch, scale, skippedInARow },
    );
  }

  async #refuse(bad: BadLoss, epoch: number): Promise<never> {
    const parameter = findNonFinite(await readVariables(this.#trainedVariables()));
    const consequence = parameter ? `, and "${parameter}" has not been finite since` : '';
    throw this.#diverged(
      `in epoch ${epoch + 1}, batch ${bad.batch + 1}: the ${bad.part} loss became ${bad.value}${consequence}`,
      { epoch, ...bad, parameter },
    );
  }

  #trainedVariables(): [string, tf.Variable][] {
    return [...this.#trained].map(([name, { variable }]) => [name, variable]);
  }

  #diverged(what: string, details: Record<string, unknown>): DecantError {
    const { stage } = this.#options;
    const advice = this.#scaler
      ? 'lower train.optimizer.learningRate, set train.optimizer.clipNorm or set train.precision to f32'
      : 'lower train.optimizer.learningRate or set train.optimizer.clipNorm';
    return new DecantError('training.diverged', `Training (${stage}) failed ${what}; ${advice}.`, {
      stage,
      ...details,
    });
  }
}

/** Met where a batch is computed in parts. */
const NEEDS_OF_EMBEDDINGS: ReadonlySet<MethodNeed> = new Set(['embeddings', 'ownEmbedding', 'views', 'sampleIds']);

/** What a teacher that computes on the back end makes of a batch, a part at a time; of its embeddings alone. */
function askInChunks(teacher: Teacher, images: tf.Tensor4D, wish: TeacherWish, chunk: number): TeacherOutputs {
  const [size, height, width, channels] = images.shape;
  const parts: TeacherOutputs[] = [];
  for (let start = 0; start < size; start += chunk) {
    const some = tf.slice4d(images, [start, 0, 0, 0], [Math.min(chunk, size - start), height, width, channels]);
    parts.push(teacher.forward(some, { ...wish, taps: [] }, null));
    some.dispose();
  }
  return {
    logits: tf.concat(parts.map(({ logits }) => logits)),
    taps: new Map(),
    embedding: wish.embedding ? tf.concat(parts.map(({ embedding }) => embedding!)) : null, // As wished for.
  };
}

const LABELS_ALONE = learnFromLabels(recipeSchema.parse({}).distill);

/** What one step is made of. */
interface Step {
  readonly batch: TrainingBatch;
  /** The views of it that methods look at. */
  readonly sources: readonly ViewSource[];
  /** Of each view; null where no method learns from a teacher. */
  readonly answers: readonly (TeacherAnswer | null)[] | null;
  readonly methods: readonly WeightedMethod[];
  readonly needs: ReadonlySet<MethodNeed>;
  readonly epoch: number;
  readonly epochs: number;
  readonly random: Random;
  /** Whether each image is scored. */
  readonly watches: boolean;
  /** Narrower networks that learn beside it. */
  readonly narrow: readonly Network[];
}

/** What comes of differentiating a step. */
interface StepGradients {
  readonly values: tf.Tensor1D;
  readonly scores: tf.Tensor2D | null;
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  readonly statistics: ForwardResult['statistics'];
}

/** The images as they are, augmented once more, or turned, or other ones; in ordinary memory. */
interface ViewSource {
  readonly kind: 'first' | 'second' | 'turned' | 'unlabelled';
  readonly images: Float32Array;
  readonly size: number;
  /** What they show, where that comes again. */
  readonly view?: ImageView | undefined;
  /** Whether a method looks at what the teacher makes of it. */
  readonly taught: boolean;
}

interface View extends Pick<ViewSource, 'kind'> {
  readonly images: tf.Tensor4D;
  readonly taught: TeacherOutputs | null;
}

/** The views of a batch that these methods look at; the images as they are come first. */
function listSources(
  { images, size, secondView, views = [], unlabelled }: TrainingBatch,
  methods: readonly WeightedMethod[],
  network: Network,
): ViewSource[] {
  const needs = needsOf(methods);
  const sources: ViewSource[] = [{ kind: 'first', images, size, view: views[0], taught: true }];
  if (needs.has('views') && secondView) {
    const taught = teachesViews(methods.map(({ name }) => name));
    sources.push({ kind: 'second', images: secondView, size, view: views[1], taught });
  }
  if (needs.has('rotations')) {
    for (const quarters of [1, 2, 3] as const) {
      const turned = rotateImages(images, { size, side: network.inputSize[0], quarters });
      sources.push({ kind: 'turned', images: turned, size, taught: true });
    }
  }
  if (needs.has('unlabelled') && unlabelled !== undefined && unlabelled !== 'own')
    sources.push({ kind: 'unlabelled', ...unlabelled, taught: true });
  return sources;
}

/** What the methods are opened with. @throws DecantError `recipe.invalid` for a need that the teacher cannot meet */
function describeFacts({
  state,
  distillation,
  labelSmoothing,
  classCounts,
  balance = null,
  images,
}: TrainerOptions): MethodFacts {
  const { network } = state;
  const none = {
    classes: network.classes,
    labelSmoothing,
    pairs: [],
    embeddings: null,
    ownEmbedding: null,
    classCounts: null,
    balance,
    images: images ?? null,
  };
  if (!distillation) return none;
  const { teacher, pairs, settings } = distillation;
  const needs = findNeeds(settings);
  const shapes = featureShapes(network);
  return {
    ...none,
    pairs: pairs.map((pair) => ({
      ...pair,
      studentChannels: shapes.get(pair.student)![2],
      teacherChannels: teacher.channels.get(pair.teacher)!,
    })),
    embeddings: needs.has('embeddings')
      ? {
          student: embeddingLength(network),
          teacher: requireEmbedding(teacher),
        }
      : null,
    ownEmbedding: needs.has('ownEmbedding') ? embeddingLength(network) : null,
    classCounts: needs.has('classCounts') ? (classCounts ?? null) : null,
  };
}

function requireEmbedding({ description, embeddingLength }: Teacher): number {
  if (embeddingLength !== null) return embeddingLength;
  throw new DecantError(
    'recipe.invalid',
    `The recipe distils embeddings, but the teacher ${description.name} has none; set the weights of those methods to 0, or use a teacher that Decant trains.`,
    { teacher: description.name },
  );
}

function measureTop1(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => tf.mean<tf.Scalar>(tf.cast(tf.equal(tf.argMax(logits, 1), tf.argMax(targets, 1)), 'float32')));
}

function imageTensor(network: Network, { images, size }: Pick<TrainingBatch, 'images' | 'size'>): tf.Tensor4D {
  return tf.tensor4d(images, [size, network.inputSize[0], network.inputSize[1], 3]);
}
