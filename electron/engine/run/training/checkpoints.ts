import type { Line, TrainingStage } from '../../../../shared/run/stages.ts';
import type { StoredPlace } from '../../../../shared/stored/run-forms.ts';
import { DecantError } from '../../core/errors.ts';
import { addStageTime, notePeakMemory, readArtifact, saveArtifact } from '../../store/index.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../train/index.ts';
import { peakMemoryBytes } from '../context/machine.ts';
import type { RunContext } from '../context/run-context.ts';
import type { TrainingLine } from './training-line.ts';

/** Two checkpoints take turns, so that one is whole even if a failing disk damages the other. */
const NAMES = ['checkpoint-a.bin', 'checkpoint-b.bin'] as const;

/** Where a run's newest checkpoint left it. */
export interface SavedProgress {
  readonly place: StoredPlace;
  /** The line that was in training. */
  readonly line: Line;
  /** Counts checkpoints: the higher one is the newer. */
  readonly number: number;
  /** From which that line goes on. */
  readonly checkpoint: Checkpoint;
}

/**
 * Writes where a run is and everything that its line goes on from, together with rows of the store and the time worked.
 *
 * @param number of the checkpoint: one more than that of the last
 */
export async function saveProgress(
  { store, id, clock, listener }: RunContext,
  line: TrainingLine,
  {
    place,
    number,
    stage,
    elapsedMs,
    rows,
  }: {
    place: StoredPlace;
    number: number;
    stage: TrainingStage;
    elapsedMs: number;
    rows: (db: RunContext['store']['db']) => void;
  },
): Promise<void> {
  const { data, tensors } = await line.toCheckpoint();
  const content = encodeCheckpoint({ data: { ...data, position: place, number, of: line.line }, tensors });
  const { sizeBytes } = await saveArtifact(
    store,
    id,
    { name: NAMES[number % 2]!, content },
    {
      nowMs: clock.now(),
      alsoWrite: (db) => {
        rows(db);
        addStageTime(db, id, stage, elapsedMs, false);
        notePeakMemory(db, id, peakMemoryBytes());
      },
    },
  );
  listener({ type: 'checkpoint.written', stage, sizeBytes });
}

/** What the newest whole checkpoint says; null where there is none. */
export async function readProgress(context: RunContext): Promise<SavedProgress | null> {
  const checkpoint = await newestCheckpoint(context);
  if (!checkpoint) return null;
  // The checkpoint's hash was checked, so these are what saveProgress wrote.
  const { position, number, of } = checkpoint.data as { position: StoredPlace; number: number; of: Line };
  return { place: position, number, line: of, checkpoint };
}

async function newestCheckpoint({ store, id, listener }: RunContext): Promise<Checkpoint | null> {
  const read: Checkpoint[] = [];
  const failures: unknown[] = [];
  for (const name of NAMES) {
    try {
      const bytes = await readArtifact(store, id, name);
      if (bytes) read.push(decodeCheckpoint(bytes, name));
    } catch (error) {
      // The other one is older: to go on from it would undo what a newer Decant did.
      if (error instanceof DecantError && error.code === 'store.newer') throw error;
      failures.push(error);
    }
  }
  if (read.length === 0 && failures.length > 0) throw failures[0];
  for (const failure of failures)
    listener({
      type: 'warning.raised',
      message: `${(failure as Error).message} The other checkpoint is used instead.`,
    }); // Thrown by readArtifact or decodeCheckpoint.
  return read.sort((a, b) => Number(b.data.number) - Number(a.data.number))[0] ?? null;
}
