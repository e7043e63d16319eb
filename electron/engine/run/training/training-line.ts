import { resolveClipNorm } from '../../../../shared/run/clip-norm.ts';
import { resolveLearningRate } from '../../../../shared/run/learning-rate.ts';
import { findNeeds, listActiveMethods } from '../../../../shared/run/methods.ts';
import type { Cut, EmbeddingFigures, EpochMetrics } from '../../../../shared/run/report.ts';
import { scheduleFactor } from '../../../../shared/run/schedules.ts';
import { findCutEpochs, isCut, LINES, type Line, networkOf, STAGES } from '../../../../shared/run/stages.ts';
import { formatNumber, formatShare } from '../../../../shared/text/format.ts';
import { computePrecision } from '../../compute/index.ts';
import { describeBalance, weighMethods } from '../../distill/index.ts';
import { evaluate } from '../../measure/index.ts';
import { compareWidths } from '../../model/compare-widths.ts';
import { countNetwork, type Network, type Weights } from '../../model/index.ts';
import { type Judgement, readsGradients, TaylorAccumulator } from '../../prune/index.ts';
import { SearchSpace } from '../../search/index.ts';
import {
  BestKeeper,
  type BestScore,
  type Checkpoint,
  type Distillation,
  LEARNING_RATES,
  type StepProgress,
  type StretchOfSteps,
  scaleLearningRate,
  stateFromCheckpoint,
  stateToCheckpoint,
  Trainer,
  type TrainerState,
} from '../../train/index.ts';
import {
  batchesPerEpoch,
  batchesWithoutLabels,
  batchSize,
  countClasses,
  evaluationBatches,
  spread,
  trainingBatches,
  untilStopped,
  whileWanted,
} from '../context/batches.ts';
import { openLatency, resolveBudget } from '../context/budget.ts';
import type { Model } from '../context/models.ts';
import type { PreparedData } from '../context/prepared-data.ts';
import type { RunContext } from '../context/run-context.ts';
import { dressForLine } from '../context/without-labels.ts';
import { cutStudent, orderStudent } from './cut-student.ts';
import { addToLedger, EMPTY_LEDGER, type EpochLedger, ledgerMeans } from './epoch-ledger.ts';
import { type GoalWatch, NOT_WATCHED, watchGoal } from './goal-watch.ts';
import { listHardest } from './hardest-images.ts';
import { JUDGES } from './judges.ts';
import { searchStudent } from './search-student.ts';
import type { Segment } from './segment.ts';
import { SEARCH_CUTS } from './stages/train-epochs.ts';

/** Training images by which a network without some channels is judged. */
const SENSITIVITY_IMAGES = 256;
/** Batches from which batch norm's statistics are measured again after a cut. */
const RECALIBRATION_BATCHES = 20;
/**
 * Deviation of embeddings below which they tell nothing; those of a network that has not learned yet lie near each other, too, but
 * not as near.
 */
const COLLAPSED = 0.002;
/** Steps before which nothing is said of that: the running statistics of batch norm are still those of the beginning. */
const STEPS_BEFORE_COLLAPSE = 50;

export interface LineOptions {
  readonly line: Line;
  /** Null: the line learns from the labels alone. Its teacher is closed with the line. */
  readonly distillation: Distillation | null;
  /** The line's network before any cut. */
  readonly full: Network;
  /** Epochs on the line. */
  readonly epochs: number;
  /** Cuts that the plan has for the line. */
  readonly cuts: number;
  /** Validation top-1 below which no more is cut, once it was reached; null: all is cut as planned. */
  readonly leastTop1: number | null;
}

/** What a line carries besides its trainer's state. */
interface Memory {
  readonly cutsMade: number;
  readonly best: BestScore | null;
  readonly bestWeights: Weights | null;
  readonly ledger: EpochLedger;
  /** The hardest images of the epoch before. */
  readonly watched: readonly number[];
  readonly taylor: TaylorAccumulator | null;
  readonly goal: GoalWatch;
}

const NOTHING: Memory = {
  cutsMade: 0,
  best: null,
  bestWeights: null,
  ledger: EMPTY_LEDGER,
  watched: [],
  taylor: null,
  goal: NOT_WATCHED,
};

/** One network in training: its trainer and everything else that a checkpoint of it holds. The owner calls `dispose`. */
export class TrainingLine {
  readonly line: Line;
  /** As the line is trained. */
  readonly #context: RunContext;
  readonly #data: PreparedData;
  /** The images that it is trained on. */
  readonly #lessons: PreparedData;
  readonly #options: LineOptions;
  readonly #best: BestKeeper;
  /** What a search looks through; null where channels are cut by their scores. */
  readonly #space: SearchSpace | null;
  #trainer: Trainer;
  #network: Network;
  #cutsMade: number;
  #bestWeights: Weights | null;
  #ledger: EpochLedger;
  #watched: readonly number[];
  #taylor: TaylorAccumulator | null;
  #goal: GoalWatch;
  #collapsed = false;

  private constructor(
    context: RunContext,
    data: PreparedData,
    options: LineOptions,
    state: TrainerState,
    memory: Memory,
  ) {
    this.line = options.line;
    const dressed = dressForLine(context, data, this.line);
    this.#context = dressed.context;
    this.#data = data;
    this.#lessons = dressed.data;
    this.#options = options;
    this.#network = state.network;
    this.#cutsMade = memory.cutsMade;
    this.#best = new BestKeeper(memory.best);
    this.#bestWeights = memory.bestWeights;
    this.#ledger = memory.ledger;
    this.#watched = memory.watched;
    this.#taylor = memory.taylor;
    this.#goal = memory.goal;
    this.#space = openSpace(this.#context, options);
    this.#trainer = this.#openTrainer(state, memory.cutsMade);
    if (isCut(this.line)) this.#tellWidths();
  }

  static start(context: RunContext, data: PreparedData, options: LineOptions, state: TrainerState): TrainingLine {
    return new TrainingLine(context, data, options, state, NOTHING);
  }

  /** A line as `toCheckpoint` left it. */
  static restore(context: RunContext, data: PreparedData, options: LineOptions, checkpoint: Checkpoint): TrainingLine {
    const state = stateFromCheckpoint(checkpoint)!; // Every checkpoint of a line has one.
    // The checkpoint's hash was checked, so these are what toCheckpoint wrote.
    const memory = checkpoint.data.line as Pick<Memory, 'cutsMade' | 'best' | 'ledger'> & {
      taylorBatches: number;
      watched?: readonly number[];
      goal?: GoalWatch;
    };
    const { best = null, taylor } = checkpoint.tensors;
    const sums = taylor && new Map([...taylor].map(([id, { values }]) => [id, values]));
    return new TrainingLine(context, data, options, state, {
      ...memory,
      ledger: { ...EMPTY_LEDGER, ...memory.ledger }, // An older checkpoint knows nothing of scales and of images,
      watched: memory.watched ?? [], // nor of these,
      goal: memory.goal ?? NOT_WATCHED, // nor of goals.
      bestWeights: best,
      taylor: sums ? new TaylorAccumulator(state.network, { batches: memory.taylorBatches, sums }) : null,
    });
  }

  /** Everything that the line goes on from, as a checkpoint's parts. */
  async toCheckpoint(): Promise<Checkpoint> {
    const { data, tensors } = stateToCheckpoint(await this.#trainer.exportState());
    const taylor = await this.#taylor?.toState();
    const memory = {
      cutsMade: this.#cutsMade,
      best: this.#best.best,
      ledger: this.#ledger,
      watched: this.#watched,
      goal: this.#goal,
    };
    return {
      data: { ...data, line: { ...memory, taylorBatches: taylor?.batches ?? 0 } },
      tensors: {
        ...tensors,
        ...(this.#bestWeights && { best: this.#bestWeights }),
        ...(taylor && {
          taylor: new Map([...taylor.sums].map(([id, values]) => [id, { shape: [values.length], values }])),
        }),
      },
    };
  }

  exportState(): Promise<TrainerState> {
    return this.#trainer.exportState();
  }

  /**
   * The best network of the line so far by validation; the present one where none was judged. Null where it has collapsed and
   * none is of any use.
   */
  async result(): Promise<Model | null> {
    if (this.#collapsed && this.#bestWeights === null) return null;
    return { network: this.#network, weights: this.#bestWeights ?? (await this.#judged().toWeights()) };
  }

  /**
   * Trains on a segment from `fromBatch` on, as long as that is wanted, and tells whether it came to the segment's end.
   *
   * @throws the signal's reason when it is aborted; what was trained until then is kept
   * @throws DecantError `training.diverged`
   */
  async train(
    segment: Segment,
    fromBatch: number,
    { onStep, wanted }: { onStep: (progress: StepProgress) => void; wanted: () => boolean },
  ): Promise<boolean> {
    const { recipe, signal, listener } = this.#context;
    const { stage, epoch, epochs, endBatch, cut } = segment;
    const soon = cut !== null || epoch >= (findCutEpochs(this.line, recipe)?.first ?? 0) - 1;
    const watched = this.#cutsMade < this.#options.cuts && soon;
    if (watched && readsGradients(recipe.prune.importance)) this.#taylor ??= new TaylorAccumulator(this.#network);
    if (fromBatch === 0) this.#ledger = EMPTY_LEDGER;
    const batches = whileWanted(this.#batches(epoch, fromBatch, endBatch), this.#context, wanted);
    const result = await this.#trainer.train(batches, {
      epoch,
      epochs,
      firstBatch: fromBatch,
      signal,
      onStep,
      onLosses: (losses) => this.#tellSteps(segment, losses),
      onScale: ({ batch, scale, skipped }) =>
        listener({ type: skipped ? 'step.skipped' : 'scale.raised', stage, epoch, batch, scale }),
      onGradients: watched ? (gradients, values) => this.#taylor?.add(gradients, values) : undefined,
    });
    this.#ledger = addToLedger(this.#ledger, result, new Set(this.#watched));
    const complete = result.batches === endBatch - fromBatch;
    if (!complete) signal.throwIfAborted();
    return complete;
  }

  /**
   * Has the network judged and keeps it if it is the best so far; the same again after a stop.
   *
   * @throws the signal's reason when it is aborted, and nothing is changed then
   */
  async finishEpoch({ stage, epoch, epochs }: Segment): Promise<EpochMetrics> {
    const { judge } = STAGES[stage];
    const model = { network: this.#network, parameters: this.#judged() };
    const verdict = judge && (await JUDGES[judge](this.#context, this.#data, model));
    const { leastTop1, cuts } = this.#options;
    if (verdict && leastTop1 !== null) {
      const images = this.#data.splits.validation.length;
      const isCut = this.#cutsMade > 0;
      this.#goal = watchGoal(this.#goal, { top1: verdict.top1, least: leastTop1, images, isCut });
    }
    const counts = epoch >= LINES[this.line].bestFrom(this.#context.recipe);
    if (verdict?.embedding) await this.#judgeEmbedding(verdict.embedding, { stage, epoch });
    // Before the last cut the network is not yet the one that is asked for.
    else if (verdict && counts && this.#cutsMade >= cuts && this.#best.offer(verdict.top1, epoch))
      this.#bestWeights = await this.#judged().toWeights();
    const terms = ledgerMeans(this.#ledger);
    const { images: trained, correct, elapsedMs, learningRate, skippedSteps, lossScale, hardest } = this.#ledger;
    this.#watched = listHardest(hardest).map(({ image }) => image);
    const { mixup, cutmix } = this.#context.recipe.data.augmentation;
    return {
      stage,
      epoch,
      learningRate,
      loss: this.#totalLoss(terms, epoch, epochs),
      terms,
      trainTop1: mixup > 0 || cutmix > 0 || trained === 0 || !LINES[this.line].labelled ? null : correct / trained,
      validationTop1: verdict?.top1 ?? null,
      validationLoss: verdict?.loss ?? null,
      embedding: verdict?.embedding ?? null,
      macs: countNetwork(this.#network).macs,
      imagesPerSecond: elapsedMs > 0 ? (1000 * trained) / elapsedMs : 0,
      elapsedMs,
      skippedSteps,
      lossScale,
      hardest: [...hardest],
    };
  }

  /** Whether validation has not improved for as long as the recipe has patience, or the network has collapsed. */
  shouldStop(epoch: number): boolean {
    if (this.#collapsed) return true;
    return this.#best.shouldStop(epoch, this.#context.recipe.train.patience);
  }

  /**
   * Makes a cut and goes on with the smaller network; null when the budget was met already, or cuts have cost the goal.
   *
   * @throws the signal's reason when it is aborted, and nothing is cut then
   */
  async cut(cut: number, { epoch, endBatch }: Segment): Promise<Cut | null> {
    if (this.#goal.lost) {
      this.#leaveOut(cut);
      return null;
    }
    const before = await this.#trainer.exportState();
    const { state, record } = await this.#makeCut(before, { cut, epoch });
    if (state !== before) {
      const trainer = this.#openTrainer(state, cut);
      // The batches just seen, once more: statistics are taken from images like those that training sees.
      const from = Math.max(0, endBatch - RECALIBRATION_BATCHES);
      const { signal } = this.#context;
      try {
        if (record) await trainer.recalibrate(this.#batches(epoch, from, endBatch), { signal });
      } catch (error) {
        trainer.dispose();
        throw error;
      }
      this.#trainer.dispose();
      this.#network = state.network;
      this.#trainer = trainer;
      this.#tellWidths();
    }
    this.#taylor?.dispose();
    this.#taylor = null;
    this.#cutsMade = cut;
    return record;
  }

  /** Whether a cut is a search, which takes long. */
  searches(cut: number): boolean {
    return this.#space !== null && cut === SEARCH_CUTS && this.#cutsMade === SEARCH_CUTS - 1;
  }

  /** Cuts by the channels' scores, or takes a step of the search. */
  async #makeCut(
    state: TrainerState,
    { cut, epoch }: { cut: number; epoch: number },
  ): Promise<{ state: TrainerState; record: Cut | null }> {
    const space = this.#space;
    if (space && this.searches(cut)) {
      const judged = await this.#judged().toWeights();
      return searchStudent(this.#context, this.#data, { state, judged, space, cut: 1, epoch });
    }
    const facts = {
      full: this.#options.full,
      taylor: (await this.#taylor?.scores()) ?? null,
      judge: (model: Model) => this.#judgeByTraining(model),
    };
    if (space && cut < SEARCH_CUTS)
      return { state: await orderStudent(this.#context, state, { ...facts, cut }), record: null };
    if (!space) return cutStudent(this.#context, state, { ...facts, cut, of: this.#context.recipe.prune.steps, epoch });
    const message =
      'The search had not begun when training was ended, so channels are cut by their importance instead.';
    this.#context.listener({ type: 'note.added', message });
    return cutStudent(this.#context, state, { ...facts, cut: 1, of: 1, epoch });
  }

  /** The smallest network of the search and some drawn ones, which learn in a step beside the whole one. */
  #drawParts(space: SearchSpace, epoch: number, batch: number): Network[] {
    const { random, recipe } = this.#context;
    const drawn = Array.from({ length: recipe.search.networks }, (_, place) =>
      space.draw(random.fork('parts', epoch, batch, place)),
    );
    return [space.smallest, ...drawn].map((widths) => space.describe(widths));
  }

  #leaveOut(cut: number): void {
    const { listener, recipe } = this.#context;
    const message = `Cut ${cut} is left out: the student had kept ${formatShare(recipe.goal.retention)} of the teacher’s accuracy on the validation images, and no longer does.`;
    listener({ type: 'note.added', message });
    this.#taylor?.dispose();
    this.#taylor = null;
    this.#cutsMade = cut;
  }

  /** Keeps a network that learns without labels, whose last epoch is its best, unless it has collapsed. */
  async #judgeEmbedding({ deviation }: EmbeddingFigures, { stage, epoch }: Pick<Segment, 'stage' | 'epoch'>) {
    const steps = (epoch + 1) * this.#batchesPerEpoch();
    this.#collapsed = deviation < COLLAPSED && steps >= STEPS_BEFORE_COLLAPSE;
    if (!this.#collapsed) {
      this.#bestWeights = await this.#judged().toWeights();
      return;
    }
    const rest =
      this.#bestWeights === null ? 'nothing that it learned is used' : 'it is kept as it was one epoch before';
    const message = `The stage ${stage} ends in epoch ${epoch + 1}: the network has collapsed. It gives nearly the same embedding for every image (they lie ${formatNumber(deviation, 2)} from their mean, where 1 is the most), so ${rest}. Lower pretrain.learningRate, or raise pretrain.batch.`;
    this.#context.listener({ type: 'warning.raised', message });
  }

  async dispose(): Promise<void> {
    this.#trainer.dispose();
    this.#taylor?.dispose();
    await this.#options.distillation?.teacher.close();
  }

  /** How well a network answers some training images, as they are. */
  #judgeByTraining(model: Model): Promise<Judgement> {
    const { cache, splits, classes } = this.#data;
    const images = evaluationBatches(this.#context, { cache, classes }, spread(splits.train, SENSITIVITY_IMAGES));
    return evaluate({ ...model, batches: untilStopped(images, this.#context) });
  }

  /** The numbers by which the network is judged: their moving average where it is kept. */
  #judged() {
    return this.#trainer.average ?? this.#trainer.parameters;
  }

  /** All lines of the student's network see the same images in the same order, so that only cuts and teacher tell them apart. */
  #batches(epoch: number, firstBatch: number, endBatch: number) {
    const settings = this.#options.distillation?.settings;
    const secondView = settings !== undefined && findNeeds(settings).has('views');
    const { recipe } = this.#context;
    if (!LINES[this.line].labelled) {
      const stretch = { purpose: this.line, epoch, firstBatch, endBatch };
      const { views } = recipe.distill;
      return batchesWithoutLabels(this.#context, this.#lessons, { ...stretch, secondView, views });
    }
    const purpose = networkOf(this.line);
    const views = purpose === 'student' ? recipe.distill.views : null;
    const balanced =
      recipe.balance.sampling === 'balanced' &&
      this.#isBalanced() &&
      epoch >= recipe.balance.from * this.#options.epochs;
    const stretch = { purpose, epoch, firstBatch, endBatch };
    const unlabelled = settings && findNeeds(settings).has('unlabelled') ? settings.unlabelled : null;
    return trainingBatches(this.#context, this.#data, { ...stretch, secondView, views, balanced, unlabelled });
  }

  /** Whether anything is done on this line for classes with few images. */
  #isBalanced(): boolean {
    return LINES[this.line].role !== 'teacher' || this.#context.recipe.balance.teacher;
  }

  #openTrainer(state: TrainerState, cutsMade: number): Trainer {
    const space = this.#space;
    const { recipe, random, clock } = this.#context;
    const { distillation, epochs, line } = this.#options;
    const { optimizer } = recipe.train;
    const steps = epochs * this.#batchesPerEpoch();
    const rate = resolveLearningRate(recipe, networkOf(line));
    const peak = scaleLearningRate(rate, batchSize(this.#context, this.#lessons));
    const classCounts = countClasses(this.#data);
    return new Trainer({
      state,
      distillation: distillation ?? undefined,
      classCounts,
      balance: this.#isBalanced() ? describeBalance(recipe.balance, classCounts) : null,
      images: this.#lessons.splits.train.length,
      labelSmoothing: recipe.train.labelSmoothing,
      optimizer: { ...optimizer, clipNorm: resolveClipNorm(optimizer, distillation?.settings ?? null) },
      learningRate: (step) => LEARNING_RATES.cosine(step, steps, { peak, warmUp: optimizer.warmUp }),
      lossScaling: computePrecision() === 'mixed' ? {} : undefined,
      chunk: LINES[line].labelled ? null : recipe.pretrain.chunk,
      // Once their channels are in order, parts of the network learn beside it until one is chosen.
      narrow:
        space && cutsMade === SEARCH_CUTS - 1 ? (epoch, batch) => this.#drawParts(space, epoch, batch) : undefined,
      random: random.fork('training', LINES[line].labelled ? networkOf(line) : line),
      stage: line,
      clock,
    });
  }

  #batchesPerEpoch(): number {
    return batchesPerEpoch(this.#context, this.#lessons);
  }

  #tellWidths(): void {
    const layers = compareWidths(this.#options.full, this.#network);
    this.#context.listener({ type: 'network.reshaped', layers });
  }

  /** Tells of some steps as one point of the curves. */
  #tellSteps(
    { stage, epoch, epochs }: Segment,
    { first, last, losses, learningRate, imagesPerSecond }: StretchOfSteps,
  ) {
    const perEpoch = this.#batchesPerEpoch();
    this.#context.listener({
      type: 'steps.trained',
      from: epoch * perEpoch + first,
      point: {
        stage,
        step: epoch * perEpoch + last,
        epoch: epoch + (last + 1) / perEpoch,
        loss: this.#totalLoss(losses, epoch, epochs),
        terms: losses,
        learningRate,
        factors: this.#scheduleFactors(epoch, epochs),
        macs: countNetwork(this.#network).macs,
        imagesPerSecond,
      },
    });
  }

  #totalLoss(terms: Readonly<Record<string, number>>, epoch: number, epochs: number): number {
    const settings = this.#options.distillation?.settings;
    if (!settings) return terms.crossEntropy ?? 0;
    return weighMethods(settings, epoch, epochs).reduce(
      (sum, { name, weight }) => sum + weight * (terms[name] ?? 0),
      0,
    );
  }

  /** What schedules multiply the weights by; empty where all stay as they are. */
  #scheduleFactors(epoch: number, epochs: number): Record<string, number> {
    const settings = this.#options.distillation?.settings;
    const active = settings ? listActiveMethods(settings) : [];
    if (!settings || active.every((name) => settings[name].schedule.shape === 'constant')) return {};
    return Object.fromEntries(active.map((name) => [name, scheduleFactor(settings[name].schedule, epoch, epochs)]));
  }
}

/** What a line's search looks through; null where it has none. */
function openSpace(context: RunContext, { line, full }: LineOptions): SearchSpace | null {
  const { prune, search } = context.recipe;
  if (search.epochs === 0 || !isCut(line)) return null;
  const budget = resolveBudget(context, full);
  const latency = openLatency(context, full);
  return new SearchSpace(full, { ...prune, budget, latency });
}
