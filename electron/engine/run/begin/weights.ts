import type { WeightsEntry } from '../../../../shared/ipc/topics/weights.ts';
import type { RunListener } from '../../../../shared/run/events.ts';
import { formatBytes } from '../../../../shared/text/format.ts';
import { suggestName } from '../../../../shared/text/suggest-name.ts';
import { addressOf, CATALOGUE, type CatalogueEntry, findHub, KeptWeights } from '../../catalogue/index.ts';
import { systemClock } from '../../core/clock.ts';
import { DecantError } from '../../core/errors.ts';
import { ProgressMeter } from '../../core/progress.ts';
import { weightsFolder } from '../../store/index.ts';
import { progressListener } from '../context/run-context.ts';

export interface WeightsOptions {
  readonly home: string;
  /** Of the catalogue. */
  readonly id: string;
}

/** All weights of the catalogue, and which of them lie in the home. */
export function listWeights({ home }: Pick<WeightsOptions, 'home'>): Promise<WeightsEntry[]> {
  return Promise.all(CATALOGUE.map((entry) => describeEntry(home, entry)));
}

/**
 * Brings published weights into the home, where they stay and serve without a network. Where they are here already, nothing
 * is asked of the network; where a part of them is, only the rest.
 *
 * @throws the signal's reason; DecantError `weights.unknown`, `download.failed`, `weights.unreadable`, `disk.full`, `output.unwritable`
 */
export async function downloadWeights(
  options: WeightsOptions & { listener: RunListener; signal: AbortSignal },
): Promise<WeightsEntry> {
  await provideWeights(options);
  return describeEntry(options.home, findEntry(options.id));
}

/** Path of published weights in the home, downloaded where they are not here. Throws as `downloadWeights`. */
export async function provideWeights({
  home,
  id,
  listener,
  signal,
}: WeightsOptions & { listener: RunListener; signal: AbortSignal }): Promise<string> {
  const entry = findEntry(id);
  const kept = new KeptWeights(weightsFolder(home));
  const found = await kept.find(entry);
  if (found !== null) return found;
  const hub = findHub();
  listener({
    type: 'note.added',
    message: `Downloading ${entry.title}, ${formatBytes(entry.sizeBytes)}, ${entry.licence}, from ${hub}/${entry.repository}.`,
  });
  let meter: { total: number; done: number; progress: ProgressMeter } | null = null;
  return kept.download(entry, {
    hub,
    signal,
    onProgress(done, total) {
      // What lay here before is no measure of the speed, and neither is what a server sends a second time.
      if (meter === null || meter.total !== total || done < meter.done) {
        const settings = { stage: 'download', total, done, unit: 'bytes', clock: systemClock };
        meter = { total, done, progress: new ProgressMeter({ ...settings, listener: progressListener(listener) }) };
      }
      meter.progress.advance(done - meter.done);
      meter.done = done;
    },
  });
}

/** Removes published weights from the home. @throws DecantError `weights.unknown` */
export async function removeWeights({ home, id }: WeightsOptions): Promise<WeightsEntry> {
  const entry = findEntry(id);
  await new KeptWeights(weightsFolder(home)).remove(entry);
  return describeEntry(home, entry);
}

/** @throws DecantError `weights.unknown`, naming those that may be meant */
export function findEntry(id: string): CatalogueEntry {
  const entry = CATALOGUE.find((candidate) => candidate.id === id);
  if (entry) return entry;
  const names = CATALOGUE.map((candidate) => candidate.id);
  const meant = suggestName(id, names);
  throw new DecantError(
    'weights.unknown',
    `The catalogue has no weights "${id}"; ${meant === null ? `there are ${names.join(', ')}.` : `did you mean "${meant}"?`}`,
    { id },
  );
}

async function describeEntry(home: string, entry: CatalogueEntry): Promise<WeightsEntry> {
  const kept = new KeptWeights(weightsFolder(home));
  const { id, title, architecture, width, publisher, licence } = entry;
  return {
    id,
    title,
    architecture,
    width,
    publisher,
    licence,
    address: addressOf(entry, findHub()),
    sizeBytes: await kept.sizeBytes(entry),
    state: await kept.state(entry),
  };
}
