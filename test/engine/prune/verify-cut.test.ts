import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCompute, stopCompute } from '../../../electron/engine/compute/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';
import { buildNetwork } from '../../../electron/engine/model/build-network.ts';
import { countNetwork } from '../../../electron/engine/model/count-network.ts';
import { cutNetwork } from '../../../electron/engine/prune/cut-network.ts';
import { scoreGroups } from '../../../electron/engine/prune/importance/index.ts';
import { selectChannels } from '../../../electron/engine/prune/select-channels.ts';
import { verifyCut } from '../../../electron/engine/prune/verify-cut.ts';
import { drawCase, drawWeights } from './random-network.ts';

beforeAll(() => startCompute({ backend: 'cpu' }));
afterAll(() => stopCompute());

describe('verifyCut', () => {
  it.each(['mobilenet-v2', 'mobilenet-v3-large', 'mobilenet-v3-small'] as const)(
    'passes a cut %s',
    async (architecture) => {
      const network = buildNetwork({ architecture, width: 0.35, classes: 7, inputSize: 32 });
      const weights = drawWeights(network, new Random('weights'));
      const scores = scoreGroups('l2', { network, weights, random: new Random(1) });
      const selection = selectChannels(network, scores, {
        policy: 'isomorphic',
        budget: { macs: 0.6 * countNetwork(network).macs },
      });
      const cut = cutNetwork(network, weights, selection);
      const { maxDifference, range } = await verifyCut({ network, weights }, cut, selection);
      expect(range).toBeGreaterThan(0);
      expect(maxDifference).toBeLessThanOrEqual(1e-4 * range);
    },
  );

  it('passes random networks and frees everything', async () => {
    const before = tf.memory().numTensors;
    for (let seed = 0; seed < 20; seed++) {
      const { network, weights, selection } = drawCase(`verify-${seed}`);
      await verifyCut({ network, weights }, cutNetwork(network, weights, selection), selection);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('catches a cut that kept the wrong channels, and frees everything then too', async () => {
    const { network, weights, groups } = drawCase('wrong');
    const group = groups.find(({ prunable, channels }) => prunable && channels > 2)!;
    const selection = { keep: new Map([[group.id, Int32Array.of(0)]]) };
    const wrong = cutNetwork(network, weights, { keep: new Map([[group.id, Int32Array.of(1)]]) });
    const before = tf.memory().numTensors;
    await expect(verifyCut({ network, weights }, wrong, selection)).rejects.toThrow(
      "differ from the masked original's by",
    );
    const bad = cutNetwork(network, weights, selection);
    bad.weights.get('logits/bias')!.values[0] = Number.NaN;
    await expect(verifyCut({ network, weights }, bad, selection)).rejects.toThrow('by NaN');
    expect(tf.memory().numTensors).toBe(before);
  });
});
