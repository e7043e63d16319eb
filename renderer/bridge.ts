import { config } from 'zod';
import type { Bridge } from '../shared/ipc/bridge.ts';
import { type Params, REQUESTS, type RequestName, type Result } from '../shared/ipc/contract.ts';
import { type AppEvent, type AppEventType, appEventSchema } from '../shared/ipc/events.ts';
import { type Answer, type Failure, failureSchema } from '../shared/ipc/message.ts';
import { type Dropped, droppedSchema } from '../shared/ipc/topics/app.ts';

// Compiling schemas to functions needs `eval`, which the page's policy forbids.
config({ jitless: true });

declare global {
  interface Window {
    readonly decant?: Bridge;
  }
}

/** A request that failed. `code` is one of the engine's, or `ipc.invalid`, `engine.lost` or `internal`. */
export class RequestFailure extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor({ code, message, details = {} }: Failure) {
    super(message);
    this.name = 'RequestFailure';
    this.code = code;
    this.details = details;
  }
}

/** Turns whatever was thrown into a failure that can be shown. */
export function asFailure(cause: unknown): RequestFailure {
  if (cause instanceof RequestFailure) return cause;
  return new RequestFailure({ code: 'internal', message: cause instanceof Error ? cause.message : String(cause) });
}

/** Asks the main process or the engine. Throws a `RequestFailure` if the request fails or its answer breaks the contract. */
export async function ask<Name extends RequestName>(name: Name, params: Params<Name>): Promise<Result<Name>> {
  const answer = await reach().request(name, params);
  // The schema of this very name: its output is Result<Name>.
  return readAnswer(answer, (value) => REQUESTS[name].result.safeParse(value), name) as Result<Name>;
}

/** Opens a dataset or recipe that was dropped on the window. `work` names it for progress and cancelling. */
export async function openDropped(files: readonly File[], work: string): Promise<Dropped> {
  const answer = await reach().open(files, work);
  return readAnswer(answer, (value) => droppedSchema.safeParse(value), 'open') as Dropped;
}

type EventOf<Type extends AppEventType> = Extract<AppEvent, { type: Type }>;

const listeners = new Map<AppEventType, Set<(event: never) => void>>();
let listening = false;

/** Listens to one type of event. Returns a function that stops listening. */
export function on<Type extends AppEventType>(type: Type, listener: (event: EventOf<Type>) => void): () => void {
  if (!listening) {
    listening = true;
    reach().listen(deliver);
  }
  const ofType = listeners.get(type) ?? new Set();
  listeners.set(type, ofType.add(listener));
  return () => ofType.delete(listener);
}

function deliver(message: unknown): void {
  const parsed = appEventSchema.safeParse(message);
  if (!parsed.success) {
    console.error('Ignored an event that is not in the contract.', parsed.error.message);
    return;
  }
  // Listeners are stored under the type that they take.
  for (const listener of listeners.get(parsed.data.type) ?? []) (listener as (event: AppEvent) => void)(parsed.data);
}

function reach(): Bridge {
  if (!window.decant)
    throw new RequestFailure({
      code: 'internal',
      message: 'This page is open outside the Decant app and cannot reach its engine. Start the app with "npm start".',
    });
  return window.decant;
}

function readAnswer(
  answer: Answer<unknown>,
  parse: (value: unknown) => { success: true; data: unknown } | { success: false; error: { message: string } },
  name: string,
): unknown {
  if (!answer.ok) {
    const failure = failureSchema.safeParse(answer.failure);
    throw new RequestFailure(
      failure.success
        ? failure.data
        : { code: 'ipc.invalid', message: `The error returned by "${name}" cannot be read.` },
    );
  }
  const parsed = parse(answer.value);
  if (parsed.success) return parsed.data;
  throw new RequestFailure({
    code: 'ipc.invalid',
    message: `The answer to "${name}" has an unexpected form, so the window and the engine may be different versions. Restart Decant.`,
    details: { problem: parsed.error.message },
  });
}
