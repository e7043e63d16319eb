import {
  changeMeasurement,
  DecantError,
  keepMeasurement,
  listPhoneExports,
  preparePhoneJob,
} from '../../engine/index.ts';
import { listAddresses } from '../../phone/index.ts';
import type { WorkerContext } from '../context.ts';
import type { HandlersOf, TopicOf } from './handler.ts';

export const phoneHandlers: HandlersOf<TopicOf<'phone'>> = {
  'phone.choices': async ({ run }, { store }) => ({
    exports: (await listPhoneExports(store, run)).map(({ format, precision, name, bytes, problem }) => ({
      format,
      precision,
      name,
      bytes,
      problem,
    })),
    addresses: listAddresses(),
  }),
  'phone.open': ({ run, exports, address, work }, context) =>
    context.works.do(work, async (watched) => {
      if (!listAddresses().some((known) => known.address === address))
        throw new DecantError('usage.invalid', `${address} is no address of this computer; choose another.`, {
          address,
        });
      const { home, store, settings, phones } = context;
      const job = await preparePhoneJob({ home, run, exports, cacheLimitBytes: settings.cacheLimitBytes, ...watched });
      watched.signal.throwIfAborted();
      return phones.open({
        job,
        address,
        keep: async (measurement) => {
          await keepMeasurement(store, run, measurement);
          tellChanged(context, run);
        },
      });
    }),
  'phone.close': async (_params, { phones }) => {
    await phones.close();
    return {};
  },
  'phone.change': async ({ run, measurement, ...changes }, context) => {
    await changeMeasurement(context.store, run, { id: measurement, ...changes });
    tellChanged(context, run);
    return {};
  },
};

function tellChanged({ book, emit }: WorkerContext, run: string): void {
  emit({ type: 'run.changed', row: book.row(run) });
}
