import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Report } from '../../../../shared/run/report.ts';

/** The machine on which the figures were measured. */
export function describeMachine(): Report['machine'] {
  return {
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
  };
}

/** Processor and system of this machine, in words. */
export function describeProcessor(): string {
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${process.platform} ${process.arch}`;
}

/** Largest resident memory of this process so far, bytes. */
export function peakMemoryBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** Version of Decant, from its manifest. */
export function decantVersion(): string {
  const manifest = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version; // Ours, with a version.
}
