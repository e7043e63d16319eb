/** A thread that shows where two networks look. See comparison.ts. */
import { startCompute } from '../../../compute/index.ts';
import { answerTasks } from '../../../core/tasks/answer-tasks.ts';
import type { Task } from '../../../core/tasks/task.ts';
import type { FeaturePair } from '../../../distill/index.ts';
import { type AttentionMap, attentionMaps } from '../../../measure/index.ts';
import { InferenceNetwork } from '../../../model/index.ts';
import type { Model } from '../../context/models.ts';

export type AttentionTasks = {
  /** Takes the networks in; once. */
  readonly load: Task<{ teacher: Model; student: Model; pairs: readonly FeaturePair[] }, void>;
  /** Both networks' maps of an image `[height, width, 3]`, normalized, one for each pair. */
  readonly look: Task<{ image: Float32Array }, { teacher: AttentionMap; student: AttentionMap }[]>;
};

let look: AttentionTasks['look'] | undefined;

const tasks: AttentionTasks = {
  async load({ teacher, student, pairs }) {
    await startCompute({ backend: 'simd', threads: 1 });
    const teacherTaps = pairs.map((pair) => pair.teacher);
    const studentTaps = pairs.map((pair) => pair.student);
    const teacherNetwork = new InferenceNetwork(teacher, teacherTaps);
    const studentNetwork = new InferenceNetwork(student, studentTaps);
    look = async ({ image }) => {
      const ofTeacher = await attentionMaps(teacherNetwork, image, teacherTaps);
      const ofStudent = await attentionMaps(studentNetwork, image, studentTaps);
      return pairs.map((_, i) => ({ teacher: ofTeacher[i]!, student: ofStudent[i]! }));
    };
  },
  async look(params, options) {
    if (!look) throw new Error('load networks first');
    return look(params, options);
  },
};

answerTasks(tasks);
