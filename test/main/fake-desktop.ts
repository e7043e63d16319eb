import type { Desktop } from '../../electron/main/desktop.ts';

/** A desktop whose user picks what a test says, and that notes what it was asked to do. */
export class FakeDesktop implements Desktop {
  /** The path that is picked next; null: the dialog is dismissed. */
  picks: string | null = null;
  readonly asked: { title: string; defaultName?: string }[] = [];
  readonly opened: string[] = [];
  readonly shown: string[] = [];
  copied = '';
  /** What is answered to questions, and what each was about. */
  accepts = false;
  readonly questions: string[] = [];

  async pick(options: { title: string }): Promise<string | null> {
    this.asked.push(options);
    return this.picks;
  }

  async pickTarget(options: { title: string; defaultName: string }): Promise<string | null> {
    this.asked.push(options);
    return this.picks;
  }

  async confirm({ detail }: { detail: string }): Promise<boolean> {
    this.questions.push(detail);
    return this.accepts;
  }

  async open(path: string): Promise<void> {
    this.opened.push(path);
  }

  showInFolder(path: string): void {
    this.shown.push(path);
  }

  copy(text: string): void {
    this.copied = text;
  }

  describe() {
    return { version: '1.2.3', electron: '45.0.0' };
  }
}
