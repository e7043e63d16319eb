import type { Page } from 'playwright-core';
import { REQUESTS, type RequestName } from '../../shared/ipc/contract.ts';
import { type AppEvent, appEventSchema } from '../../shared/ipc/events.ts';
import type { Answer, Failure } from '../../shared/ipc/message.ts';
import { type Dropped, droppedSchema } from '../../shared/ipc/topics/app.ts';
import type { Script } from './samples.ts';

declare global {
  /** What the scripts below put into the page. */
  interface Window {
    /** Answers in JSON. */
    scriptedRequest(name: string, params: unknown): Promise<string>;
    scriptedOpen(name: string): Promise<Answer<Dropped>>;
    scriptedTell(event: unknown): void;
  }
}

/** Thrown by an answer, it reaches the window as a failure. */
export class ScriptedFailure extends Error {
  readonly failure: Failure;

  constructor(code: string, message: string) {
    super(message);
    this.failure = { code, message };
  }
}

/** The bridge that answers a page. A page that is used again gets another one. */
const CURRENT = new WeakMap<Page, ScriptedBridge>();

/**
 * `window.decant` as a test wants it: answers come from a script in the test's own process, where the contract's schemas
 * check what is asked and what is answered, as the real bridge does.
 */
export class ScriptedBridge {
  /** Everything that was asked, oldest first. */
  readonly asked: { name: RequestName; params: unknown }[] = [];
  /** What is dropped on the window, by the file's name; what is thrown is shown. */
  onOpen: (name: string) => Dropped | Promise<Dropped> = (name) => {
    throw new ScriptedFailure(
      'dataset.layout',
      `${name} is no dataset: there is no folder of images for each class in it.`,
    );
  };
  /** Mistakes of the script or of the window; a test ends with none. */
  readonly mistakes: string[] = [];
  readonly #script: Script;
  readonly #page: Page;

  constructor(page: Page, script: Script) {
    this.#page = page;
    this.#script = script;
  }

  /** To be called before the page is opened. */
  async install(): Promise<void> {
    const page = this.#page;
    const isKnown = CURRENT.has(page);
    CURRENT.set(page, this);
    if (isKnown) return;
    const current = (): ScriptedBridge => CURRENT.get(page)!; // Set above.
    // As text: Playwright would take the million numbers of a thousand classes apart one by one.
    await page.exposeFunction('scriptedRequest', async (name: RequestName, params: unknown) =>
      JSON.stringify(await current().#answer(name, params)),
    );
    await page.exposeFunction('scriptedOpen', (name: string) => current().#open(name));
    await page.addInitScript(() => {
      const listeners = new Set<(event: unknown) => void>();
      Object.defineProperty(window, 'decant', {
        value: {
          request: async (name: string, params: unknown) => JSON.parse(await window.scriptedRequest(name, params)),
          open: (files: File[]) => window.scriptedOpen(files.map(({ name }) => name).join()),
          listen: (listener: (event: unknown) => void) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
        },
      });
      Object.defineProperty(window, 'scriptedTell', {
        value: (event: unknown) => {
          for (const listener of listeners) listener(event);
        },
      });
    });
  }

  /** Changes an answer from now on. */
  answer<Name extends RequestName>(name: Name, answer: Script[Name]): void {
    Object.assign(this.#script, { [name]: answer });
  }

  /** Tells the window something that it did not ask. */
  async tell(event: AppEvent): Promise<void> {
    // As text, like the answers.
    const text = JSON.stringify(appEventSchema.parse(event));
    await this.#page.evaluate((told) => window.scriptedTell(JSON.parse(told)), text);
  }

  countAsked(name: RequestName): number {
    return this.asked.filter((request) => request.name === name).length;
  }

  async #answer(name: RequestName, params: unknown): Promise<Answer<unknown>> {
    this.asked.push({ name, params });
    const contract = REQUESTS[name];
    const checked = contract?.params.safeParse(params);
    if (!checked?.success)
      return this.#complain(`${name} was asked wrongly: ${checked?.error.message ?? 'no such request'}`);
    // The script's own type says that these belong together.
    const answer = this.#script[name] as ((params: unknown) => unknown) | undefined;
    if (!answer) return this.#complain(`The script has no answer to ${name}.`);
    try {
      const value = contract.result.safeParse(await answer(checked.data));
      if (!value.success) return this.#complain(`The script answers ${name} wrongly: ${value.error.message}`);
      return { ok: true, value: value.data };
    } catch (cause) {
      return this.#fail(cause);
    }
  }

  async #open(name: string): Promise<Answer<unknown>> {
    try {
      return { ok: true, value: droppedSchema.parse(await this.onOpen(name)) };
    } catch (cause) {
      return this.#fail(cause);
    }
  }

  #fail(cause: unknown): Answer<never> {
    if (cause instanceof ScriptedFailure) return { ok: false, failure: cause.failure };
    return this.#complain(String(cause));
  }

  #complain(message: string): Answer<never> {
    this.mistakes.push(message);
    return { ok: false, failure: { code: 'internal', message } };
  }
}
