import { z } from 'zod';
import { diagnosisSchema } from '../../run/diagnosis.ts';
import { recipeSchema } from '../../run/recipe.ts';
import { storeRepairSchema } from '../../run/recovery.ts';
import { LANGUAGES } from '../../text/language.ts';
import { count, nothing, request, runId, workId } from '../message.ts';
import { datasetDetailSchema } from './datasets.ts';
import { RUN_COLUMNS } from './runs.ts';

export const BACKEND_CHOICES = ['auto', 'simd', 'webgpu', 'tensorflow', 'cpu'] as const;
export const THEMES = ['system', 'light', 'dark'] as const;

/** `system`: the first of the person's languages that Decant speaks. */
export const LANGUAGE_CHOICES = ['system', ...LANGUAGES] as const;

export const settingsSchema = z.strictObject({
  language: z.enum(LANGUAGE_CHOICES).default('system'),
  theme: z.enum(THEMES).default('system'),
  backend: z.enum(BACKEND_CHOICES).default('auto'),
  /** Null: as many as there are cores. */
  threads: z.int().min(1).max(256).nullable().default(null),
  cacheLimitBytes: count.nullable().default(null),
  /** Node that runs the engine; null: the one that comes with the app. Chosen with `settings.pickEngineNode`. */
  engineNode: z.string().nullable().default(null),
  /** Folder of store, runs and cache; null: the platform's. Chosen with `settings.pickHome`; applies at the next start. */
  home: z.string().nullable().default(null),
  /** What closing the window does while runs are active. */
  whenClosed: z.enum(['ask', 'keep-running', 'quit']).default('ask'),
  notifyWhenDone: z.boolean().default(true),
  /** What the table of runs shows beside their names. */
  runColumns: z
    .array(z.enum(RUN_COLUMNS))
    .default(['state', 'datasetName', 'studentTop1', 'retention', 'flopsReduction', 'elapsedMs', 'createdAt']),
});
export type Settings = z.infer<typeof settingsSchema>;

const { language, theme, backend, threads, cacheLimitBytes, whenClosed, notifyWhenDone, runColumns } =
  settingsSchema.shape;
/** What the window may change. A setting that is left out keeps its value: no defaults here. */
const settingsChangesSchema = z
  .strictObject({
    language: language.unwrap(),
    theme: theme.unwrap(),
    backend: backend.unwrap(),
    threads: threads.unwrap(),
    cacheLimitBytes: cacheLimitBytes.unwrap(),
    whenClosed: whenClosed.unwrap(),
    notifyWhenDone: notifyWhenDone.unwrap(),
    runColumns: runColumns.unwrap(),
  })
  .partial();

export const engineStatusSchema = z.strictObject({
  state: z.enum(['starting', 'ready', 'restarting', 'failed']),
  /** One sentence where it failed or is restarted. */
  message: z.string().nullable(),
  /** Of the active run, or the one chosen last; null before the first. */
  backend: z.string().nullable(),
  device: z.string().nullable(),
  threads: count.nullable(),
  imagesPerSecond: z.number().nullable(),
  memoryBytes: count,
  activeRun: runId.nullable(),
  /** Of the whole active run: share done, and time left; null while nothing honest can be said. */
  progress: z.number().min(0).max(1).nullable(),
  remainingMs: z.number().nullable(),
  waiting: count,
});
export type EngineStatus = z.infer<typeof engineStatusSchema>;

export const appRequests = {
  'app.describe': request(
    nothing,
    z.strictObject({
      version: z.string(),
      platform: z.string(),
      electron: z.string(),
      home: z.string(),
      cores: z.int().min(1),
    }),
  ),
  'engine.status': request(nothing, engineStatusSchema),
  'engine.restart': request(nothing, nothing),
  /** Sets a damaged store aside and restores runs from their folders. An engine that could not open the store is restarted afterwards. */
  'engine.repairStore': request(nothing, storeRepairSchema),
  /** Tries every back end, which takes a while. */
  'doctor.run': request(z.strictObject({ work: workId }), diagnosisSchema),
  'settings.read': request(nothing, settingsSchema),
  'settings.change': request(settingsChangesSchema, settingsSchema),
  'settings.pickEngineNode': request(z.strictObject({ clear: z.boolean() }), settingsSchema),
  'settings.pickHome': request(z.strictObject({ clear: z.boolean() }), settingsSchema),
  'settings.openHome': request(nothing, nothing),
  /** Asks for a weights file (.safetensors); null where the user picked nothing. */
  'recipes.pickWeights': request(nothing, z.strictObject({ path: z.string() }).nullable()),
  /** Asks for a `.decant` or `.json` recipe file and reads it; null where the user picked nothing. */
  'recipes.open': request(nothing, z.strictObject({ name: z.string(), recipe: recipeSchema }).nullable()),
  /** Asks where to save a recipe. */
  'recipes.save': request(
    z.strictObject({ name: z.string().max(200), recipe: recipeSchema }),
    z.strictObject({ saved: z.boolean() }),
  ),
  'work.cancel': request(z.strictObject({ work: workId }), nothing),
  'text.copy': request(z.strictObject({ text: z.string().max(10_000_000) }), nothing),
};

/** What main asks the engine with paths that the user gave in a dialog, by a drop, or as a file to be opened. */
export const droppedSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('dataset'), dataset: datasetDetailSchema }),
  z.strictObject({ kind: z.literal('recipe'), name: z.string(), recipe: recipeSchema }),
]);
export type Dropped = z.infer<typeof droppedSchema>;
