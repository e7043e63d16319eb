import type { AppEvent } from '../../shared/ipc/events.ts';
import { type OpenPhoneSession, openPhoneSession, type SessionOptions } from '../phone/index.ts';

/** Keeps the one page that is served to a phone, if any. */
export class PhoneDesk {
  readonly #emit: (event: AppEvent) => void;
  #open: OpenPhoneSession | null = null;

  constructor(emit: (event: AppEvent) => void) {
    this.#emit = emit;
  }

  /** Serves a job, once what was served before has ended. Throws as `openPhoneSession`. */
  async open(options: Omit<SessionOptions, 'onChange'>): Promise<OpenPhoneSession['state']> {
    await this.close();
    const session = await openPhoneSession({
      ...options,
      onChange: (state) => this.#emit({ type: 'phone.changed', session: state }),
    });
    this.#open = session;
    return session.state;
  }

  async close(): Promise<void> {
    await this.#open?.close();
    this.#open = null;
  }
}
