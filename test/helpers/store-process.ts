/** A process for tests to kill: holds a run, or writes its checkpoint over and over. */
import type { RunId } from '../../electron/engine/core/ids.ts';
import { lockRun, markResumed, openStore, saveArtifact } from '../../electron/engine/store/index.ts';

const [home, run, what] = process.argv.slice(2) as [string, RunId, string]; // Given by the test that starts it.
const lock = lockRun(home, run);
if (what === 'hold') {
  console.log('holding');
  setInterval(() => lock, 1000);
} else {
  const store = openStore(home);
  for (let i = 0; ; i = (i + 1) % 250) {
    const content = new Uint8Array(200_000).fill(i);
    await saveArtifact(
      store,
      run,
      { name: 'checkpoint.bin', content },
      {
        nowMs: i,
        alsoWrite: (db) => markResumed(db, run, i),
      },
    );
    if (i === 0) console.log('writing');
  }
}
