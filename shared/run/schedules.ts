import { z } from 'zod';

/** How the factor of a weight gets from its first value to its last: `progress` goes from 0 to 1. */
const SHAPES = {
  constant: null,
  linear: (progress: number) => progress,
  cosine: (progress: number) => (1 - Math.cos(Math.PI * progress)) / 2,
  step: (progress: number) => (progress < 1 ? 0 : 1),
} as const satisfies Record<string, ((progress: number) => number) | null>;

export const SCHEDULE_SHAPES = Object.keys(SHAPES) as (keyof typeof SHAPES)[]; // The table's own keys.

/** Schedule of a method's weight, with the factors between which it goes where its shape is not `constant`. */
export function scheduleSchema({ from, to }: { from: number; to: number }) {
  return z
    .strictObject({
      shape: z
        .enum(SCHEDULE_SHAPES)
        .default('constant')
        .meta({ title: 'schedule' })
        .describe(
          '`constant`: the weight stays as it is. `linear`, `cosine` and `step`: it is multiplied by a factor that goes from `from` to `to`, along a line, along half a cosine, or at once at the end.',
        ),
      from: z
        .number()
        .min(0)
        .default(from)
        .meta({ title: 'first factor' })
        .describe('Factor of the weight in the first epoch, unless the schedule is `constant`.'),
      to: z
        .number()
        .min(0)
        .default(to)
        .meta({ title: 'last factor' })
        .describe('Factor of the weight at the end of the schedule.'),
      until: z
        .number()
        .gt(0)
        .max(1)
        .default(0.5)
        .meta({ title: 'end of the schedule' })
        .describe("Share of the network's epochs after which the factor is `to`."),
    })
    .prefault({});
}

export type Schedule = z.infer<ReturnType<typeof scheduleSchema>>;

/** What a schedule multiplies its weight by in an epoch (from 0) of so many on the network's line. */
export function scheduleFactor({ shape, from, to, until }: Schedule, epoch: number, epochs: number): number {
  const bend = SHAPES[shape];
  if (bend === null) return 1;
  return from + (to - from) * bend(Math.min(epoch / (until * epochs), 1));
}
