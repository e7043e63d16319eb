/** The thread that computes one run, so that the engine's process answers while a step blocks. See run-at-work.ts. */
import { answerTasks, compress, RunControl, workingClock } from '../engine/index.ts';
import type { RunTasks } from './run-tasks.ts';

const control = new RunControl(workingClock);

const tasks: RunTasks = {
  async work({ home, run, settings }, { listener, signal }) {
    await compress({
      home,
      dataset: null,
      recipe: null,
      resume: run,
      out: null,
      ...settings,
      listener,
      signal,
      control,
    });
  },
  hold: () => control.hold(),
  release: () => control.release(),
  finishEarly: () => control.finishEarly(),
};

answerTasks(tasks);
