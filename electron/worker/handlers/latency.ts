import { LATENCY_CHECKS, LATENCY_ROUNDS, nameLatencyTable, THIS_DEVICE } from '../../../shared/run/latency-table.ts';
import {
  DecantError,
  listLatencyTables,
  measureLatency,
  returnLatencyTable,
  takeLatencyTable,
} from '../../engine/index.ts';
import type { HandlersOf, TopicOf } from './handler.ts';

/** How the app measures this computer; the command line has the choice. */
const WAY = { device: THIS_DEVICE, format: 'tflite', precision: 'fp32', threads: 1 } as const;

export const latencyHandlers: HandlersOf<TopicOf<'latency'>> = {
  'latency.measure': ({ recipe, work }, { home, works, queue }) => {
    if (queue.active && !queue.active.paused)
      throw new DecantError(
        'run.busy',
        'A run is active and would distort the timing; wait for it to finish, or pause it.',
      );
    return works.do(work, async (watched) => {
      const { name, pieces, medianError } = await measureLatency({
        home,
        recipe,
        name: nameLatencyTable(WAY),
        ...WAY,
        rounds: LATENCY_ROUNDS.usual,
        checks: LATENCY_CHECKS.usual,
        ...watched,
      });
      return { table: name, pieces, medianError };
    });
  },
  'latency.list': async (_params, { home }) =>
    (await listLatencyTables({ home })).map(
      ({ name, device, machine, runtime, precision, measuredAt, pieces, medianError, networks }) => {
        const titles = networks.map(({ title }) => title);
        return { name, device, machine, runtime, precision, measuredAt, pieces, medianError, networks: titles };
      },
    ),
  'latency.remove': async ({ name }, { home }) => {
    await takeLatencyTable({ home, name });
    return {};
  },
  'latency.restore': async ({ name }, { home }) => {
    await returnLatencyTable({ home, name });
    return {};
  },
};
