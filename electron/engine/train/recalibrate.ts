import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../core/random.ts';
import { forward, type Network, type Parameters, updateStatistics } from '../model/index.ts';
import type { TrainingBatch } from '../teacher/index.ts';

/**
 * Measures batch norm's running statistics again, as the plain mean over the given batches: of a network that was cut, or is a
 * part of another one, they are those of another network. Nothing else of the parameters is changed, and no tensor is left.
 *
 * @param all the numbers of the network, of each of which it is done
 * @throws the signal's reason when it is aborted
 */
export async function recalibrate(
  network: Network,
  all: readonly Parameters[],
  {
    batches,
    random,
    signal,
  }: {
    batches: AsyncIterable<Images> | Iterable<Images>;
    /** Of dropout. */
    random: Random;
    signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const [height, width] = network.inputSize;
  let seen = 0;
  for await (const { images, size } of batches) {
    signal?.throwIfAborted();
    seen++;
    for (const parameters of all) {
      tf.tidy(() => {
        const pixels = tf.tensor4d(images, [size, height, width, 3]);
        const options = { training: true, random: random.fork('recalibrate', seen) };
        updateStatistics(parameters, forward(network, parameters, pixels, options).statistics, 1 / seen);
      });
    }
  }
}

type Images = Pick<TrainingBatch, 'images' | 'size'>;
