import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Change,
  type FaultKind,
  type FaultTest,
  findLayer,
  LAYERS,
  listChanges,
  selectChanges,
  startFaultTest,
  tryFault,
} from '../../bench/faults/trials.ts';
import { makeTemporaryFolder } from './folders.ts';

// `npm run bench:faults` is the long form of this: every fault at every change.
const SLOW = 300_000;

const STRUCK: Readonly<Record<(typeof LAYERS)[number], readonly [FaultKind, number][]>> = {
  shim: [
    ['power', 0.6],
    ['full', 0.8],
    ['EIO', 0.3],
    ['short', 0.5],
  ],
  // What Windows and macOS have.
  'file-layer': [
    ['kill', 0.7],
    ['ENOSPC', 0.4],
  ],
};

describe.each(LAYERS.filter((layer) => layer === 'file-layer' || findLayer() === layer))(
  'whatever happens at a change to a file, %s',
  (layer) => {
    const folder = makeTemporaryFolder('decant-faults-');
    let test: FaultTest;
    let changes: Change[];

    beforeAll(async () => {
      test = await startFaultTest(join(folder, 'trials'), layer);
      changes = await listChanges(test);
    }, SLOW);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.each(STRUCK[layer])(
      'a run ends with the very same weights, and no file is left behind: %s, %d of the way',
      async (kind, share) => {
        const at = Math.ceil(share * selectChanges(changes, kind).length);
        const { struck, problems } = await tryFault(test, kind, at);
        expect(problems).toEqual([]);
        expect(struck).not.toBeNull();
      },
      SLOW,
    );
  },
);
