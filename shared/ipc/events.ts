import { z } from 'zod';
import { runEventSchema } from '../run/events.ts';
import { runId, workId } from './message.ts';
import { droppedSchema, engineStatusSchema, settingsSchema } from './topics/app.ts';
import { phoneSessionSchema } from './topics/phone.ts';
import { layerWidthSchema, runRowSchema, stepPointSchema } from './topics/runs.ts';

/** All events that are sent to the window. */
export const appEventSchema = z.discriminatedUnion('type', [
  /** At most twice a second. */
  z.strictObject({ type: z.literal('engine.changed'), status: engineStatusSchema }),
  /** A run began, ended, moved, was renamed … */
  z.strictObject({ type: z.literal('run.changed'), row: runRowSchema }),
  z.strictObject({ type: z.literal('run.removed'), run: runId }),
  z.strictObject({ type: z.literal('run.told'), run: runId, at: z.iso.datetime(), event: runEventSchema }),
  /** Some points at once, at most four times a second. */
  z.strictObject({ type: z.literal('run.stepped'), run: runId, points: z.array(stepPointSchema) }),
  z.strictObject({ type: z.literal('run.reshaped'), run: runId, layers: z.array(layerWidthSchema) }),
  z.strictObject({
    type: z.literal('work.progressed'),
    work: workId,
    stage: z.string(),
    done: z.number().min(0),
    total: z.number().min(0),
    unit: z.string(),
    remainingMs: z.number().nullable(),
  }),
  /** A page that is served to a phone was opened there, got results, or ended. */
  z.strictObject({ type: z.literal('phone.changed'), session: phoneSessionSchema }),
  z.strictObject({ type: z.literal('settings.changed'), settings: settingsSchema }),
  /** From the menu, a shortcut of the system, or a notification that was clicked. */
  z.strictObject({
    type: z.literal('menu.chosen'),
    command: z.enum([
      'open-dataset',
      'new-run',
      'open-recipe',
      'find',
      'settings',
      'datasets',
      'runs',
      'compare',
      'try',
      'export',
      'shortcuts',
    ]),
  }),
  z.strictObject({ type: z.literal('run.opened'), run: runId }),
  /** Something was opened from outside the window. */
  z.strictObject({ type: z.literal('file.opened'), opened: droppedSchema }),
]);

export type AppEvent = z.infer<typeof appEventSchema>;
export type AppEventType = AppEvent['type'];
