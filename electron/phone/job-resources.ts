import type { PhoneTask } from '../../shared/run/phone-measurement.ts';
import type { PhoneJob } from '../engine/index.ts';
import { findType } from './headers.ts';
import type { Resource } from './serve.ts';

/** What a phone is told of a job, and the files and images of it, by their addresses. No label, and no guess. */
export function listJobResources(job: PhoneJob): Map<string, Resource> {
  const resources = new Map<string, Resource>();
  const files: PhoneTask['files'] = job.files.map(({ name, format, precision, bytes, parts }, i) => {
    const addresses = Object.fromEntries(
      parts.map((part, k) => {
        const address = nameAddress(i, k);
        resources.set(address, { type: findType(''), read: () => part.bytes });
        return [part.name, address];
      }),
    );
    return { name, format, precision, bytes, parts: addresses };
  });
  const { title, inputSize, timing, labels } = job;
  const task: PhoneTask = { title, inputSize, images: labels.length, timing, files };
  resources.set('/task', { type: 'application/json', read: () => Buffer.from(JSON.stringify(task)) });
  resources.set('/images', { type: findType(''), read: () => job.pixels });
  return resources;
}

/** Numbers, since a file's name may be anything. */
function nameAddress(file: number, part: number): string {
  return `/files/${file}/${part}`;
}

/** The file that an address is of; null: of none. */
export function findFileAt(job: PhoneJob, path: string): PhoneJob['files'][number] | null {
  const [, index] = /^\/files\/(\d+)\//.exec(path) ?? [];
  return index === undefined ? null : (job.files[Number(index)] ?? null);
}
