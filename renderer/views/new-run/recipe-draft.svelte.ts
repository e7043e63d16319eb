import { SvelteMap } from 'svelte/reactivity';
import type { DatasetDetail } from '../../../shared/ipc/topics/datasets.ts';
import type { RunPlan } from '../../../shared/ipc/topics/runs.ts';
import { findRecipeProblems } from '../../../shared/run/check-recipe.ts';
import { PRESETS, type Preset, presetRecipe } from '../../../shared/run/presets.ts';
import { type Recipe, recipeSchema } from '../../../shared/run/recipe.ts';
import { valueAt, withValue } from '../../../shared/run/settings/recipe-values.ts';
import { asFailure, ask } from '../../bridge.ts';
import type { FormEntry } from '../../ui/field-context.ts';

/** Pause in typing before the plan is requested, milliseconds. */
const PAUSE_MS = 150;

/** A recipe being edited for a dataset. Its plan is requested again after every change. */
export class RecipeDraft {
  recipe = $state.raw<Recipe>(recipeSchema.parse({}));
  dataset = $state.raw<DatasetDetail | null>(null);
  /** Null: settings were changed by hand or came from a recipe. */
  preset = $state<Preset | null>('balanced');
  /** What was entered and is not part of the recipe, since it cannot be, by the recipe's keys. */
  readonly entries = new SvelteMap<string, FormEntry>();
  plan = $state.raw<RunPlan | null>(null);
  planFailure = $state<string | null>(null);
  /** How long a run of each preset would take, milliseconds, as far as it is known. */
  presetTimes = $state.raw<Partial<Record<Preset, number>>>({});
  /** What the presets were timed with. */
  #timedWith: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #question = 0;

  readonly problems = $derived(this.plan?.problems ?? []);
  /** What has to be done before a run can start, a sentence each. */
  readonly obstacles = $derived([
    ...[...this.entries.values()].map(({ label, problem }) => `${label}: ${problem}`),
    ...(this.dataset?.missing ? ['Dataset: it was moved or deleted. Open it again from where it is now.'] : []),
    ...new Set(this.problems.map(({ message }) => message)),
  ]);
  readonly canStart = $derived(
    this.dataset !== null && this.plan !== null && this.planFailure === null && this.obstacles.length === 0,
  );

  get(key: string): unknown {
    return valueAt(this.recipe, key);
  }

  set(key: string, value: unknown): void {
    this.preset = null;
    this.entries.delete(key);
    this.#take(withValue(this.recipe, key, value));
  }

  /** Sets several keys at once. */
  change(values: Readonly<Record<string, unknown>>): void {
    this.preset = null;
    for (const key of Object.keys(values)) this.entries.delete(key);
    this.#take(Object.entries(values).reduce((recipe, [key, value]) => withValue(recipe, key, value), this.recipe));
  }

  /** Asks for the plan again, where what it goes by has changed. */
  refresh(): Promise<void> {
    return this.#askPlan();
  }

  /** Takes a value that may be none of its key's; then the recipe stays as it is, and the entry says what is allowed. */
  enter(key: string, value: unknown, { label, text }: Pick<FormEntry, 'label' | 'text'>): void {
    const { recipe, problems } = findRecipeProblems(withValue(this.recipe, key, value));
    const message = recipe ? undefined : problems.find(({ keys }) => keys.includes(key))?.message;
    if (message === undefined) this.set(key, value);
    else this.entries.set(key, { label, text, problem: message });
  }

  problemOf(key: string): string | null {
    return this.entries.get(key)?.problem ?? this.problems.find(({ keys }) => keys.includes(key))?.message ?? null;
  }

  use(recipe: Recipe): void {
    this.preset = null;
    this.entries.clear();
    this.#take(recipe);
  }

  /** Whether a run can start with what was entered last, of which there may be no plan yet. */
  async settle(): Promise<boolean> {
    clearTimeout(this.#timer);
    await this.#askPlan();
    return this.canStart;
  }

  /** Applies a preset; teacher, student, goal and limits stay as chosen. */
  choosePreset(preset: Preset): void {
    this.preset = preset;
    for (const key of this.entries.keys()) if (!isKeptByPresets(key)) this.entries.delete(key);
    this.#take(this.recipeOf(preset));
  }

  /** The recipe of a preset with the teacher, student, goal and limits that are chosen. */
  recipeOf(preset: Preset): Recipe {
    const { teacher, student, prune, goal } = this.recipe;
    const next = presetRecipe(preset, this.dataset?.inspection ?? { images: 0, sizes: [] }, { teacher, student });
    const { macs, parameters, latencyMs, latencyTable } = prune;
    return { ...next, goal, prune: { ...next.prune, macs, parameters, latencyMs, latencyTable } };
  }

  chooseDataset(dataset: DatasetDetail | null): void {
    this.dataset = dataset;
    if (this.preset) this.choosePreset(this.preset);
    else this.#take(this.recipe);
  }

  /** Times real steps of these networks, after which plans tell the time. @throws RequestFailure */
  async measure(): Promise<void> {
    const { recipe, dataset } = this;
    if (!dataset) return;
    await ask('runs.measure', { dataset: dataset.id, recipe });
    this.#timedWith = null;
    await this.#askPlan();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#question++;
  }

  #take(recipe: Recipe): void {
    this.recipe = recipe;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#askPlan(), PAUSE_MS);
  }

  async #askPlan(): Promise<void> {
    const question = ++this.#question;
    try {
      const plan = await ask('runs.plan', { dataset: this.dataset?.id ?? null, recipe: this.recipe });
      if (question !== this.#question) return;
      this.plan = plan;
      this.planFailure = null;
      if (plan.time) await this.#timePresets();
    } catch (cause) {
      if (question === this.#question) this.planFailure = asFailure(cause).message;
    }
  }

  /** Asks for the presets' times, where what they do not set has changed. */
  async #timePresets(): Promise<void> {
    const dataset = this.dataset?.id ?? null;
    const recipes = PRESETS.map((preset) => [preset, this.recipeOf(preset)] as const);
    const key = JSON.stringify([dataset, recipes]);
    if (key === this.#timedWith) return;
    this.#timedWith = key;
    const times = await Promise.all(
      recipes.map(async ([preset, recipe]) => [preset, (await ask('runs.plan', { dataset, recipe })).time] as const),
    );
    if (key === this.#timedWith)
      this.presetTimes = Object.fromEntries(times.flatMap(([preset, time]) => (time ? [[preset, time.totalMs]] : [])));
  }
}

function isKeptByPresets(key: string): boolean {
  return /^(teacher|student|goal)[.]|^prune[.](macs|parameters|latencyMs|latencyTable)$/.test(key);
}
