/**
 * What the window's modules touch when they are loaded, for tests in Node: imported first, it stands in for a page that
 * has no document. Svelte's files are compiled for the server there: state is plain, and effects do not run.
 */
import { REQUESTS, type RequestName } from '../../shared/ipc/contract.ts';
import type { AppEvent } from '../../shared/ipc/events.ts';
import type { Script } from './samples.ts';

/** Answers of the bridge by name of request, for a test to set; others never come. */
export const script: Script = {};
/** Everything that was asked, oldest first. */
export const asked: { name: RequestName; params: unknown }[] = [];

const listeners = new Set<(event: unknown) => void>();

/** Tells the window something that it did not ask. */
export function tell(event: AppEvent): void {
  for (const listener of listeners) listener(event);
}

async function request(name: RequestName, params: unknown): Promise<unknown> {
  asked.push({ name, params });
  const answer = script[name] as ((params: unknown) => unknown) | undefined; // As the script's own type says.
  if (!answer) return new Promise(() => undefined);
  return { ok: true, value: await answer(REQUESTS[name].params.parse(params)) };
}

const page = {
  matchMedia: () => ({ matches: false, addEventListener: () => undefined }),
  navigator: { platform: 'Linux' },
  decant: {
    request,
    open: () => new Promise(() => undefined),
    listen: (listener: (event: unknown) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  },
};
Object.assign(globalThis, { window: page, matchMedia: page.matchMedia });
