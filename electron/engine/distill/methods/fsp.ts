import * as tf from '@tensorflow/tfjs-core';
import { DecantError } from '../../core/errors.ts';
import { Adapters, cutAdapters } from '../adapters.ts';
import type { MethodModule } from '../method.ts';
import { meanPlaces, resample } from '../resample.ts';
import { resizeTeacher } from '../resize-teacher.ts';

export const method: MethodModule<'fsp'> = {
  open({ facts: { pairs }, state, random }) {
    if (pairs.length < 2) {
      throw new DecantError(
        'recipe.invalid',
        `distill.fsp compares what happens from one level to the next, but there is only ${pairs.length}; pair two levels at least, or set distill.fsp.weight to 0.`,
        { pairs: pairs.length },
      );
    }
    const adapters = Adapters.create(pairs, { weights: state.variables, random });
    return {
      variables: adapters.variables,
      compute({ levels }) {
        const adapted = levels.map(({ pair, student }) => adapters.adapt(pair, student));
        const flows = levels.slice(1).map(({ teacher }, i) => {
          const deeper = levels[i]!;
          return compareFlows(
            { finer: adapted[i + 1]!, deeper: adapted[i]! },
            { finer: teacher, deeper: deeper.teacher },
          );
        });
        return tf.mul<tf.Tensor1D>(tf.addN(flows), 1 / flows.length);
      },
      dispose: () => adapters.dispose(),
    };
  },
  cut: cutAdapters,
};

/** Maps `[batch, height, width, channels]` of two levels. */
interface Flow {
  readonly finer: tf.Tensor4D;
  readonly deeper: tf.Tensor4D;
}

/**
 * The flow of the solution procedure (Yim et al. 2017, equations 1 and 2), of each image `[batch]`: the mean squared difference
 * between student and teacher of the products of each channel of one level with each of the next, averaged over positions. All
 * maps are brought to the height and width of the student's deeper one by averages, in place of the paper's largest values. The
 * channels of both must be the same. The gradient flows to the student alone. The caller disposes the result.
 */
export function compareFlows(student: Flow, teacher: Flow): tf.Tensor1D {
  const [, height, width] = student.deeper.shape;
  return tf.tidy(() => {
    const ours = flowMatrix(shrink(student.finer, height, width), student.deeper);
    const theirs = flowMatrix(
      resizeTeacher(teacher.finer, [height, width]),
      resizeTeacher(teacher.deeper, [height, width]),
    );
    return tf.mean<tf.Tensor1D>(tf.square(tf.sub(ours, theirs)), [1, 2]);
  });
}

/** `[batch, finer channels, deeper channels]` of two maps of the same height and width. */
function flowMatrix(finer: tf.Tensor4D, deeper: tf.Tensor4D): tf.Tensor3D {
  const [batch, height, width, channels] = finer.shape;
  const positions = height * width;
  const a = tf.reshape(finer, [batch, positions, channels]);
  const b = tf.reshape(deeper, [batch, positions, deeper.shape[3]]);
  return tf.mul(tf.matMul(a, b, true, false), 1 / positions);
}

function shrink(map: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [, fromHeight, fromWidth] = map.shape;
  if (fromHeight === height && fromWidth === width) return map;
  return resample(map, meanPlaces(fromHeight, height), meanPlaces(fromWidth, width));
}
