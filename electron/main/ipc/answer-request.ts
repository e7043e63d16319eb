import { z } from 'zod';
import { REQUESTS, type RequestName } from '../../../shared/ipc/contract.ts';
import type { MainRequestName } from '../../../shared/ipc/engine-messages.ts';
import { explainMismatch } from '../../../shared/ipc/explain-mismatch.ts';
import { type Answer, type Failure, workId } from '../../../shared/ipc/message.ts';
import type { Dropped } from '../../../shared/ipc/topics/app.ts';
import { DecantError } from '../../engine/index.ts';
import { appHandlers } from './app.ts';
import type { Handlers, MainContext } from './context.ts';
import { datasetHandlers } from './datasets.ts';
import { PassedFailure } from './expect-answer.ts';
import { exportHandlers } from './exports.ts';
import { openPaths } from './open-path.ts';
import { recipeHandlers } from './recipes.ts';
import { runHandlers } from './runs.ts';
import { settingsHandlers } from './settings.ts';

/** What the main process answers itself; every other request is the engine's. */
const HANDLERS = {
  ...appHandlers,
  ...settingsHandlers,
  ...recipeHandlers,
  ...datasetHandlers,
  ...exportHandlers,
  ...runHandlers,
} satisfies Handlers<MainRequestName>;

/** Answers a request of the window, whatever came for a name and for params. Never throws. */
export async function answerRequest(name: unknown, params: unknown, context: MainContext): Promise<Answer<unknown>> {
  if (!isRequest(name)) return refuse(`There is no request ${show(name)}.`);
  const checked = REQUESTS[name].params.safeParse(params);
  if (!checked.success) return refuse(`The request "${name}" is invalid: ${explainMismatch(checked.error)}.`);
  return answer(async () => {
    if (isOwn(name)) {
      // Its params were checked against the schema of this very name.
      const handle = HANDLERS[name] as (params: unknown, context: MainContext) => Promise<unknown>;
      return { ok: true, value: await handle(checked.data, context) };
    }
    if (name === 'engine.status' && context.host.status.state !== 'ready')
      return { ok: true, value: context.host.status };
    const withRecipe = z.object({ recipe: z.unknown() }).safeParse(checked.data);
    if (withRecipe.success) context.weights.check(withRecipe.data.recipe);
    const answered = await context.host.forward(name, checked.data);
    // What a stored run began with may be begun with again.
    if (name === 'runs.show' && answered.ok)
      context.weights.addOf(z.object({ recipe: z.unknown() }).parse(answered.value).recipe);
    return answered;
  });
}

/** Opens what was dropped on the window; the paths are the preload script's, the name of the work the window's. */
export function answerDrop(paths: unknown, work: unknown, context: MainContext): Promise<Answer<Dropped>> {
  return answer(async () => {
    const checked = z
      .tuple([z.array(z.string().min(1).max(32_768)).min(1).max(10_000), workId])
      .safeParse([paths, work]);
    if (!checked.success) return refuse(`What was dropped is invalid: ${explainMismatch(checked.error)}.`);
    return { ok: true, value: await openPaths(...checked.data, context) };
  });
}

/** A refusal of a message that did not come from the app's own page. */
export function refuseSender(): Answer<never> {
  return refuse("Only Decant's own page may send requests.");
}

async function answer<T>(act: () => Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await act();
  } catch (error) {
    return { ok: false, failure: describeFailure(error) };
  }
}

/** An error as data. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof PassedFailure) return error.failure;
  if (error instanceof DecantError) return { code: error.code, message: error.message };
  const reason = (error instanceof Error ? error.message : String(error)).replace(/[.]$/, '');
  return {
    code: 'internal',
    message: `Unexpected error: ${reason}. Try again, and report it if it happens again.`,
  };
}

function refuse(message: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { code: 'ipc.invalid', message } };
}

function isRequest(name: unknown): name is RequestName {
  return typeof name === 'string' && Object.hasOwn(REQUESTS, name);
}

function isOwn(name: RequestName): name is MainRequestName {
  return Object.hasOwn(HANDLERS, name);
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : `of type ${typeof value}`;
}
