import { z } from 'zod';

/** What one request takes and what it answers; both are checked where they arrive. */
export interface RequestContract<Params extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> {
  readonly params: Params;
  readonly result: Result;
}

/** Declares a request of a topic. */
export function request<Params extends z.ZodType, Result extends z.ZodType>(
  params: Params,
  result: Result,
): RequestContract<Params, Result> {
  return { params, result };
}

/** Requests that say nothing and answers that are nothing. */
export const nothing = z.strictObject({});

export const datasetId = z.string().regex(/^[0-9a-f]{16}$/);
export const runId = z.string().regex(/^[0-9a-z]{8,32}$/);
/** Named by whoever asks for something that takes long: progress carries it, and `work.cancel` ends it. */
export const workId = z.string().regex(/^[0-9a-zA-Z-]{1,64}$/);
export const count = z.int().min(0);
export const fraction = z.number().min(0).max(1);

/**
 * A failure as data: `code` is one of the engine's error codes, or `ipc.invalid`, `engine.lost`, `work.cancelled`,
 * `internal`.
 */
export const failureSchema = z.strictObject({
  code: z.string(),
  /** One sentence: what, where, what to do. */
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Failure = z.infer<typeof failureSchema>;

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };
