import type { RunEvent } from '../../shared/run/events.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatPlural,
  formatShare,
  formatSignedShare,
} from '../../shared/text/format.ts';
import { cleanText } from '../../shared/text/table.ts';

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

/** One line for an event; null for those that only a screen shows. */
function describeEvent(event: RunEvent): string | null {
  switch (event.type) {
    case 'run.started':
      return `Run ${event.run}: ${event.dataset}${event.resumed ? ', resumed from its last checkpoint' : ''}`;
    case 'backend.chosen':
      return `Computing with ${event.backend} on ${event.device}${event.threads > 0 ? `, ${formatPlural(event.threads, 'thread')}` : ''}${event.precision === 'mixed' ? ', in mixed precision' : ''} (${event.reason})`;
    case 'stage.started':
      return event.epochs > 0 ? `[${event.stage}] ${formatPlural(event.epochs, 'epoch')}` : `[${event.stage}]`;
    case 'stage.finished':
      return `[${event.stage}] done in ${formatDuration(event.elapsedMs)}`;
    case 'epoch.finished': {
      const { metrics, epochs } = event;
      return `[${metrics.stage}] epoch ${metrics.epoch + 1} of ${epochs}: loss ${formatNumber(metrics.loss)}, validation top-1 ${formatShare(metrics.validationTop1)}, ${formatCount(metrics.macs)} MACs, ${formatNumber(metrics.imagesPerSecond, 3)} images/s, ${formatDuration(metrics.elapsedMs)}`;
    }
    case 'step.skipped':
      return `[${event.stage}] epoch ${event.epoch + 1}, batch ${event.batch + 1}: a gradient overflowed, the step was left out; loss scale down to ${event.scale}`;
    case 'scale.raised':
      return `[${event.stage}] epoch ${event.epoch + 1}, batch ${event.batch + 1}: loss scale up to ${event.scale}`;
    case 'cut.made': {
      const { cut } = event;
      return `[prune] cut ${cut.cut}: ${formatCount(cut.macsBefore)} to ${formatCount(cut.macsAfter)} MACs (${formatSignedShare(cut.macsAfter / cut.macsBefore - 1)}), ${cut.channelsRemoved} channels removed`;
    }
    case 'warning.raised':
      return `warning: ${event.message}`;
    case 'note.added':
      return event.message;
    case 'run.progressed':
    case 'checkpoint.written':
    case 'run.finished':
      return null;
    default:
      return event satisfies never;
  }
}
