import { join } from 'node:path';

/** Where a home keeps what it needs for jobs. All of it can be fetched or computed again. */
export function jobsFolder(home: string): string {
  return join(home, 'jobs');
}

/** Datasets that were fetched from a blob store. */
export function fetchedImagesFolder(home: string): string {
  return join(jobsFolder(home), 'images');
}

/** Weights that were fetched from a blob store. */
export function fetchedFilesFolder(home: string): string {
  return join(jobsFolder(home), 'files');
}

/** Says which run of this home computes a job, so that it goes on where it was. */
export function jobRunFile(home: string, key: string): string {
  return join(jobsFolder(home), 'runs', key);
}

/** The blob store of sweeps on this machine alone. */
export function ownBlobsFolder(home: string): string {
  return join(jobsFolder(home), 'blobs');
}
