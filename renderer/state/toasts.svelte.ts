import { asFailure } from '../bridge.ts';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'neutral' | 'success' | 'danger';
  readonly action: { readonly label: string; run: () => void | Promise<void> } | null;
}

const SHORT_MS = 5_000;
/** Long enough to read and to reach the button. */
const LONG_MS = 12_000;

class Toasts {
  shown = $state.raw<readonly Toast[]>([]);
  #nextId = 0;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  /** Shows a message. */
  say(text: string, { tone = 'neutral', action = null }: Partial<Pick<Toast, 'tone' | 'action'>> = {}): void {
    const toast = { id: this.#nextId++, text, tone, action };
    this.shown = [...this.shown.slice(-2), toast];
    this.#wait(toast);
  }

  /** Says what was done and offers to undo it. */
  offerUndo(text: string, undo: () => void | Promise<void>): void {
    this.say(text, { action: { label: 'Undo', run: undo } });
  }

  /** Says what went wrong, with a button for the next step if there is one. */
  fail(cause: unknown, action: Toast['action'] = null): void {
    this.say(asFailure(cause).message, { tone: 'danger', action });
  }

  dismiss(id: number): void {
    this.hold(id);
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  /** Keeps a toast while the pointer is over it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  release(id: number): void {
    const toast = this.shown.find((candidate) => candidate.id === id);
    if (toast) this.#wait(toast);
  }

  #wait(toast: Toast): void {
    const time = toast.action || toast.tone === 'danger' ? LONG_MS : SHORT_MS;
    this.#timers.set(
      toast.id,
      setTimeout(() => this.dismiss(toast.id), time),
    );
  }
}

export const toasts = new Toasts();
