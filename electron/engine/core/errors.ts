import { shorten } from '../../../shared/text/shorten.ts';

/**
 * Every failure that Decant can name, by code. `status` is the exit status of the command line: 2 for bad usage or
 * bad input (nothing was changed), 1 for a run that failed.
 */
export const ERRORS = {
  'usage.invalid': { status: 2, meaning: 'The command line is invalid.' },
  'recipe.invalid': {
    status: 2,
    meaning: 'A recipe has an unknown key, a value out of range or contradictory settings.',
  },
  'dataset.missing': { status: 2, meaning: 'The dataset path does not exist or cannot be read.' },
  'dataset.unreadable': {
    status: 2,
    meaning: 'A file of a dataset cannot be read now, whatever it holds: a failing disk or share, too many open files.',
  },
  'dataset.layout': { status: 2, meaning: 'The folder or archive does not have the layout of a labelled dataset.' },
  'dataset.unsafe': {
    status: 2,
    meaning: 'An archive or image is refused because it could be harmful (path escape, decompression bomb).',
  },
  'dataset.classes': { status: 2, meaning: 'Too few classes, or a class without readable images.' },
  'dataset.unknown': { status: 2, meaning: 'There is no dataset with this id.' },
  'dataset.changed': { status: 2, meaning: 'The files of a dataset have changed since it was read.' },
  'dataset.used': { status: 2, meaning: 'The dataset is still used by runs.' },
  'image.unreadable': { status: 2, meaning: 'One image cannot be decoded.' },
  'weights.mismatch': { status: 2, meaning: 'A weight file does not fit the network.' },
  'weights.unreadable': { status: 2, meaning: 'A weight file is truncated or not in a valid format.' },
  'weights.unknown': { status: 2, meaning: 'The catalogue has no weights with this name.' },
  'download.failed': {
    status: 1,
    meaning: 'Published weights could not be downloaded, or are not the expected file.',
  },
  'network.invalid': { status: 2, meaning: 'A network description contradicts itself.' },
  'budget.unreachable': { status: 2, meaning: 'The budget cannot be met with the given floor and protected layers.' },
  'prune.mismatch': { status: 1, meaning: 'A pruned network does not give the same results as its masked original.' },
  'latency.unknown': {
    status: 2,
    meaning: 'There is no latency table with this name, or it lacks this network or belongs to another device.',
  },
  'output.unwritable': { status: 2, meaning: 'The output folder or file cannot be written.' },
  'run.unknown': { status: 2, meaning: 'There is no run with this id.' },
  'run.incomplete': {
    status: 2,
    meaning: 'The run does not have the requested data: it is not finished, or did not keep it.',
  },
  'run.resume': { status: 2, meaning: 'The run cannot be resumed.' },
  'run.stopped': { status: 130, meaning: 'The run was stopped on request; a checkpoint was written.' },
  'checkpoint.unreadable': { status: 2, meaning: 'A checkpoint is truncated or was altered.' },
  'results.damaged': { status: 2, meaning: 'A result of a finished run is missing or was altered.' },
  'home.unusable': { status: 2, meaning: 'The home is not a folder.' },
  'store.unreadable': { status: 2, meaning: 'The store is damaged or cannot be opened.' },
  'store.newer': { status: 2, meaning: 'The store or file was written by a newer version of Decant.' },
  'store.busy': { status: 2, meaning: 'Another process has locked the store.' },
  'run.busy': { status: 2, meaning: 'Another process is working on the run.' },
  'backend.unavailable': { status: 2, meaning: 'The requested compute back end is not available on this machine.' },
  'compute.memory': { status: 1, meaning: 'The compute memory is full.' },
  'memory.full': {
    status: 1,
    meaning: 'The computer, or the part of it that one program may use, has no memory left.',
  },
  'backend.wrong': { status: 1, meaning: 'A compute back end failed its numeric self-test.' },
  'backend.failed': { status: 1, meaning: 'A graphics card ran out of memory, was lost, or refused its work.' },
  'training.diverged': { status: 1, meaning: 'A loss, gradient or weight is not a finite number.' },
  'model.unreadable': {
    status: 2,
    meaning: 'An exported file is truncated, not in a valid format or not written by Decant.',
  },
  'export.mismatch': { status: 1, meaning: 'An exported file does not give the same results as the trained network.' },
  'export.incomplete': { status: 1, meaning: 'Of several files, some could not be exported; the others were.' },
  'queue.invalid': { status: 2, meaning: 'The address of a queue is not one, or has a password in it.' },
  'queue.refused': { status: 2, meaning: 'The database of a queue refuses the user, the password or the database.' },
  'queue.unreachable': { status: 1, meaning: 'The database of a queue cannot be reached.' },
  'queue.failed': { status: 1, meaning: 'The database of a queue reported an error.' },
  'blob.missing': { status: 1, meaning: 'The blob store of a queue does not have what a job needs.' },
  'blob.damaged': { status: 1, meaning: 'A file of the blob store of a queue is not what its name says.' },
  'disk.failed': { status: 1, meaning: 'The disk reported an error; files that were already complete are kept.' },
  'disk.full': { status: 1, meaning: 'The disk is full; files that were already complete are kept.' },
} as const satisfies Record<string, { status: 1 | 2 | 130; meaning: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Characters of a message, whatever a name in it may be. */
const LONGEST_MESSAGE = 2000;

/** A failure with a code, one clear sentence (what, which value, what to do) and the facts behind it. */
export class DecantError extends Error {
  override readonly name = 'DecantError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    details: Record<string, unknown> = {},
    options: { cause?: unknown } = {},
  ) {
    super(shorten(message, LONGEST_MESSAGE), options);
    this.code = code;
    this.details = details;
  }

  /** Exit status for the command line. */
  get status(): 1 | 2 | 130 {
    return ERRORS[this.code].status;
  }
}
