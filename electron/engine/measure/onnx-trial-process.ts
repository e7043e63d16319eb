/** A process or thread where ONNX Runtime computes what may take for ever. See onnx-trial.ts. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { answerTasks } from '../core/tasks/answer-tasks.ts';
import type { TrialTasks } from './onnx-trial.ts';

const tasks: TrialTasks = {
  async answer({ bytes, image }) {
    try {
      const session = await InferenceSession.create(bytes, { executionProviders: ['cpu'], logSeverityLevel: 4 });
      const [input] = session.inputNames;
      if (image === null || input === undefined) return;
      const numbers = new Float32Array(image.reduce((product, length) => product * length, 1));
      await session.run({ [input]: new Tensor('float32', numbers, image) });
    } catch {
      // Whoever opens the file is told the same, and says so.
    }
  },
};

answerTasks(tasks);
