import type { TaskFailure } from './failure.ts';

/** What a task is given where it is done. */
export interface TaskOptions<Event> {
  /** Tells whoever asked; resolves when the event is on its way. */
  readonly listener: (event: Event) => Promise<void>;
  /** Aborted on request of whoever asked. */
  readonly signal: AbortSignal;
}

/** Work that a thread or process does on request, by name. Params, events and results pass as structured clones. */
export type Task<Params, Result, Event = never> = (
  params: Params,
  options: TaskOptions<Event>,
) => Result | Moved<Result> | Promise<Result | Moved<Result>>;

export type Tasks = Readonly<Record<string, Task<never, unknown, unknown>>>;

export type ParamsOf<Known extends Tasks[string]> = Parameters<Known>[0];
export type ResultOf<Known extends Tasks[string]> = Exclude<Awaited<ReturnType<Known>>, Moved<unknown>>;
export type EventOf<Known extends Tasks[string]> = Parameters<Parameters<Known>[1]['listener']>[0];

/** A result whose memory goes over instead of being copied: whoever made it no longer has it. */
export class Moved<Result> {
  readonly result: Result;
  readonly buffers: readonly ArrayBuffer[];

  constructor(result: Result, buffers: readonly ArrayBuffer[]) {
    this.result = result;
    this.buffers = buffers;
  }
}

/** What passes to a thread or process. */
export type TaskRequest =
  | { readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly abort: number }
  /** Nothing more will be asked. */
  | { readonly end: true };

/** What passes back. */
export type TaskReply =
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: TaskFailure }
  /** The task has ended because it was aborted. */
  | { readonly id: number; readonly aborted: true };
