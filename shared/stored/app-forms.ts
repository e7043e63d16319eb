import { z } from 'zod';
import { settingsSchema } from '../ipc/topics/app.ts';
import { defineForm } from './form.ts';

/** Files of the app and the command line that belong to no run. */

export const SETTINGS_FORM = defineForm({ name: 'settings', schema: settingsSchema });

/** Paths that are kept in the list of files opened last. */
export const MOST_RECENT = 10;

/** What the app remembers of itself between two starts, besides the settings. */
export const appStateSchema = z.strictObject({
  window: z
    .strictObject({ x: z.int(), y: z.int(), width: z.int(), height: z.int(), maximized: z.boolean() })
    .nullable()
    .default(null),
  /** Paths of datasets and recipes, the last first. */
  recent: z.array(z.string()).max(MOST_RECENT).default([]),
});
export type AppState = z.infer<typeof appStateSchema>;
export const APP_STATE_FORM = defineForm({ name: 'app state', schema: appStateSchema });

/** What is known of published weights once they have been downloaded; stands beside their file. */
export const PINNED_WEIGHTS_FORM = defineForm({
  name: 'weights',
  schema: z.strictObject({
    repository: z.string(),
    revision: z.string(),
    file: z.string(),
    sha256: z.string(),
    sizeBytes: z.int().min(0),
  }),
});
