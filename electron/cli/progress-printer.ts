import { describeEvent } from '../../shared/run/event-text.ts';
import type { RunEvent } from '../../shared/run/events.ts';
import { cleanText } from '../../shared/text/clean.ts';
import { formatBytes, formatDuration, formatNumber } from '../../shared/text/format.ts';

/** Where progress goes: stderr. */
export interface ProgressOutput {
  write(text: string): void;
  /** On a terminal the line in progress is drawn over and over; elsewhere only whole lines are written. */
  isTerminal: boolean;
  columns: number;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
}

const BAR = 24;
/** Milliseconds between two drawings of the bar. */
const INTERVAL = 100;

/** Shows what a run tells: a line for each epoch, cut and stage, and on a terminal a bar below them. */
export class ProgressPrinter {
  readonly #output: ProgressOutput;
  #barShown = false;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  readonly show = (event: RunEvent): void => {
    if (event.type === 'run.progressed') {
      this.#drawBar(event);
      return;
    }
    const line = describeEvent(event);
    if (line !== null) this.printLine(line);
  };

  /** Writes a line above the bar. */
  printLine(line: string): void {
    this.clear();
    this.#output.write(`${cleanText(line)}\n`);
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#barShown) this.#output.write('\r\u001b[K');
    this.#barShown = false;
    this.#drawnAt = Number.NEGATIVE_INFINITY;
  }

  #drawBar(event: Extract<RunEvent, { type: 'run.progressed' }>): void {
    const now = this.#output.now();
    if (!this.#output.isTerminal || now - this.#drawnAt < INTERVAL) return;
    const share = event.total > 0 ? Math.min(1, event.done / event.total) : 0;
    const filled = Math.round(share * BAR);
    const left = event.remainingMs === null ? '' : `, ${formatDuration(event.remainingMs)} left`;
    const amount = (value: number) => (event.unit === 'bytes' ? formatBytes(value) : formatNumber(value, 15));
    const unit = event.unit === 'bytes' ? '' : ` ${event.unit}`;
    const counts = `${amount(event.done)} of ${amount(event.total)}${unit}${left}`;
    const line = cleanText(`${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${event.stage}: ${counts}`);
    this.#output.write(`\r\u001b[K${[...line].slice(0, Math.max(20, this.#output.columns - 1)).join('')}`);
    this.#barShown = true;
    this.#drawnAt = now;
  }
}
