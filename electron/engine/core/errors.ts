/**
 * Every failure that Decant can name, by code. `status` is the exit status of the command line: 2 for bad usage or
 * bad input (nothing was changed), 1 for a run that failed.
 */
export const ERRORS = {
  'usage.invalid': { status: 2, meaning: 'The command line is not understood.' },
  'recipe.invalid': {
    status: 2,
    meaning: 'A recipe has an unknown key, a value out of range or settings that contradict each other.',
  },
  'dataset.missing': { status: 2, meaning: 'The dataset path does not exist or cannot be read.' },
  'dataset.layout': { status: 2, meaning: 'The folder or archive is not laid out as a labelled dataset.' },
  'dataset.unsafe': {
    status: 2,
    meaning: 'An archive or image is refused because it could do harm (path escape, decompression bomb).',
  },
  'dataset.classes': { status: 2, meaning: 'Too few classes, or a class without readable images.' },
  'dataset.unknown': { status: 2, meaning: 'No dataset has that id.' },
  'dataset.changed': { status: 2, meaning: 'The files of a dataset are not what they were when it was read.' },
  'dataset.used': { status: 2, meaning: 'Runs need the dataset.' },
  'image.unreadable': { status: 2, meaning: 'One image cannot be decoded.' },
  'weights.mismatch': { status: 2, meaning: 'A weight file does not fit the network.' },
  'weights.unreadable': { status: 2, meaning: 'A weight file is cut short or not in its format.' },
  'weights.unknown': { status: 2, meaning: 'The catalogue has no weights of that name.' },
  'download.failed': {
    status: 1,
    meaning: 'Published weights could not be downloaded, or are not what they should be.',
  },
  'network.invalid': { status: 2, meaning: 'A network description contradicts itself.' },
  'budget.unreachable': { status: 2, meaning: 'The asked budget cannot be met with the given floors and protections.' },
  'prune.mismatch': { status: 1, meaning: 'A cut network does not compute what its masked original computes.' },
  'output.unwritable': { status: 2, meaning: 'The output folder or file cannot be written.' },
  'run.unknown': { status: 2, meaning: 'No run has that id.' },
  'run.incomplete': {
    status: 2,
    meaning: 'The run lacks what is asked for: it is not finished, or did not keep it.',
  },
  'run.resume': { status: 2, meaning: 'The run cannot be resumed.' },
  'run.stopped': { status: 130, meaning: 'The run was stopped on request; a checkpoint was written.' },
  'checkpoint.unreadable': { status: 2, meaning: 'A checkpoint is cut short or altered.' },
  'home.unusable': { status: 2, meaning: 'The home is not a folder.' },
  'store.unreadable': { status: 2, meaning: 'The store is damaged or cannot be opened.' },
  'store.newer': { status: 2, meaning: 'A newer Decant wrote the store, or what is to be opened.' },
  'store.busy': { status: 2, meaning: 'Another process keeps the store locked.' },
  'run.busy': { status: 2, meaning: 'Another process works on the run.' },
  'backend.unavailable': { status: 2, meaning: 'The asked compute back end is not to be had on this machine.' },
  'compute.memory': { status: 1, meaning: 'The compute memory is full.' },
  'backend.wrong': { status: 1, meaning: 'A compute back end failed its numeric self-test.' },
  'backend.failed': { status: 1, meaning: 'A graphics card ran out of memory, was lost, or refused its work.' },
  'training.diverged': { status: 1, meaning: 'A loss, gradient or weight is not a finite number.' },
  'model.unreadable': {
    status: 2,
    meaning: 'An exported file is cut short, not in its format or was not written by Decant.',
  },
  'export.mismatch': { status: 1, meaning: 'An exported file does not compute what the trained network computes.' },
  'disk.full': { status: 1, meaning: 'The disk is full; what was complete before is kept.' },
} as const satisfies Record<string, { status: 1 | 2 | 130; meaning: string }>;

export type ErrorCode = keyof typeof ERRORS;

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
    super(message, options);
    this.code = code;
    this.details = details;
  }

  /** Exit status for the command line. */
  get status(): 1 | 2 | 130 {
    return ERRORS[this.code].status;
  }
}
