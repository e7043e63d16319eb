import { EXPORT_FORMATS, PRECISIONS } from '../../../shared/run/recipe.ts';
import { exportAllInThread, exportInThread, writeReport } from '../../engine/index.ts';
import type { HandlersOf, TopicOf } from './handler.ts';

export const exportsHandlers: HandlersOf<TopicOf<'exports'>> = {
  'exports.write': ({ run, format, precision, file, work }, { home, settings, works }) =>
    works.do(work, (watched) => exportInThread({ home, run, format, precision, out: file, ...settings, ...watched })),
  'exports.writeAll': ({ run, folder, stem, work }, { home, settings, works }) =>
    works.do(work, (watched) =>
      exportAllInThread({
        home,
        run,
        folder,
        stem,
        formats: EXPORT_FORMATS,
        precisions: PRECISIONS,
        ...settings,
        ...watched,
      }),
    ),
  'exports.writeReport': async (params, { store }) => {
    await writeReport(store, params);
    return {};
  },
};
