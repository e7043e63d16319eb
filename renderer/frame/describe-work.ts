import { findFormat } from '../../shared/run/export-files.ts';
import type { Work } from '../state/work.svelte.ts';

/** What the stages of a task do. Stages that the title already describes are not listed. */
const STAGES: Readonly<Record<string, string>> = {
  decode: 'Decoding images…',
  draw: 'Creating samples…',
  estimate: 'Timing training steps…',
  inspect: 'Checking images…',
  'quantization-aware training': 'Training with 8-bit integers…',
  read: 'Reading images…',
};

/** Says what a task is doing now. */
export function describeWork({ title, stage, cancelled }: Pick<Work, 'title' | 'stage' | 'cancelled'>): string {
  if (cancelled) return `${title}: cancelling…`;
  if (stage === null) return title;
  const [, format = '', precision] = /^export (\S+) (\S+)$/.exec(stage) ?? [];
  if (precision !== undefined) return `${title}: ${findFormat(format)?.title ?? format} ${precision}`;
  return STAGES[stage] ?? title;
}
