import type { Report } from '../../../../shared/run/report.ts';
import type { ComputeDescription } from '../../compute/index.ts';
import { notePeakMemory, type SessionRecord, selectSessions, startSession } from '../../store/index.ts';
import { peakMemoryBytes } from '../context/machine.ts';
import type { RunContext } from '../context/run-context.ts';

/** Notes what this process computes a run with, and warns where processes before it rounded otherwise. */
export function beginSession({ store, id, clock, listener }: RunContext, compute: ComputeDescription): void {
  const { backend, device, threads, precision } = compute;
  startSession(store.db, id, { backend, device, threads, precision, begunAtMs: clock.now() });
  const message = describeChange(selectSessions(store.db, id));
  if (message !== null) listener({ type: 'warning.raised', message });
}

/** What a report says of all processes of its run, this one included. */
export function reportSessions({ store, id }: RunContext): Pick<Report, 'sessions' | 'peakMemoryBytes' | 'notes'> {
  notePeakMemory(store.db, id, peakMemoryBytes());
  const sessions = selectSessions(store.db, id);
  const message = describeChange(sessions);
  return {
    sessions: sessions.map(({ begunAtMs, session: _, ...session }) => ({
      begunAt: new Date(begunAtMs).toISOString(),
      ...session,
    })),
    peakMemoryBytes: Math.max(...sessions.map((session) => session.peakMemoryBytes)),
    notes: message === null ? [] : [message],
  };
}

/** One sentence where a run was not computed in one way throughout; threads make no difference. */
function describeChange(sessions: readonly SessionRecord[]): string | null {
  const ways = sessions.map(
    ({ backend, device, precision }) =>
      `${backend} (${device}${precision === 'f32' ? '' : `, ${precision} precision`})`,
  );
  const changes = ways.filter((way, i) => way !== ways[i - 1]);
  if (changes.length < 2) return null;
  return `This run was computed on ${changes.join(', then on ')}, which round differently: its weights are not bit-identical to those of an uninterrupted run.`;
}
