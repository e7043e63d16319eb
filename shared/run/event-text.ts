import {
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatNumber,
  formatPlural,
  formatShare,
  formatSignedShare,
} from '../text/format.ts';
import type { RunEvent } from './events.ts';
import type { EpochMetrics } from './report.ts';
import { findLine, LINES } from './stages.ts';

/** Describes an event in one line; null for events that only the window shows. */
export function describeEvent(event: RunEvent): string | null {
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
      return `[${metrics.stage}] epoch ${countEpochs(metrics, epochs)}: loss ${formatNumber(metrics.loss)}${metrics.validationTop1 === null ? '' : `, ${describeAccuracy(metrics)} ${formatShare(metrics.validationTop1)}`}${describeEmbedding(metrics)}, ${formatCount(metrics.macs)} MACs, ${formatNumber(metrics.imagesPerSecond, 3)} images/s, ${formatDuration(metrics.elapsedMs)}`;
    }
    case 'step.skipped':
      return `[${event.stage}] epoch ${event.epoch + 1}, batch ${event.batch + 1}: a gradient overflowed and the step was skipped; loss scale lowered to ${event.scale}`;
    case 'scale.raised':
      return `[${event.stage}] epoch ${event.epoch + 1}, batch ${event.batch + 1}: loss scale raised to ${event.scale}`;
    case 'cut.made': {
      const { cut, stage } = event;
      const made = `[${stage}] ${stage === 'search' ? 'the best network within the budget is kept' : `cut ${cut.cut}`}: ${formatCount(cut.macsBefore)} to ${formatCount(cut.macsAfter)} MACs (${formatSignedShare(cut.macsAfter / cut.macsBefore - 1)}), ${cut.channelsRemoved} channels removed`;
      const { latencyMsBefore: before, latencyMsAfter: after } = cut;
      return typeof before === 'number' && typeof after === 'number'
        ? `${made}; ${formatMilliseconds(before)} to ${formatMilliseconds(after)} predicted`
        : made;
    }
    case 'candidate.judged': {
      const { candidate, number, of, best } = event;
      const { top1, macs, latencyMs } = candidate;
      const predicted = latencyMs === null ? '' : `, ${formatMilliseconds(latencyMs)} predicted`;
      return best
        ? `[search] network ${number} of ${of} is the best yet: top-1 ${formatShare(top1)}, ${formatCount(macs)} MACs${predicted}`
        : null;
    }
    case 'warning.raised':
      return `warning: ${event.message}`;
    case 'note.added':
      return event.message;
    case 'run.progressed':
    case 'run.forecast':
    case 'steps.trained':
    case 'network.reshaped':
    case 'checkpoint.written':
    case 'run.finished':
      return null;
    default:
      return event satisfies never;
  }
}

/** What a share of validation images stands for. */
function describeAccuracy({ embedding }: Pick<EpochMetrics, 'embedding'>): string {
  return embedding ? 'nearest neighbours' : 'validation top-1';
}

function describeEmbedding({ embedding }: Pick<EpochMetrics, 'embedding'>): string {
  if (!embedding) return '';
  const { probe, alignment, uniformity, deviation } = embedding;
  return `, linear probe ${formatShare(probe)}, alignment ${formatNumber(alignment)}, uniformity ${formatNumber(uniformity)}, deviation ${formatNumber(deviation)}`;
}

/** "3 of 10"; a student counts on from stage to stage, of which each has announced its own epochs. */
function countEpochs({ stage, epoch }: Pick<EpochMetrics, 'stage' | 'epoch'>, epochs: number): string {
  const line = findLine(stage);
  const countsOn = line === 'student' || line === 'baseline';
  return `${epoch + 1} of ${countsOn ? `the ${LINES[line].phrase}’s ` : ''}${epochs}`;
}
