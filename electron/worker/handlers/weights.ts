import { downloadWeights, listWeights, removeWeights } from '../../engine/index.ts';
import type { HandlersOf, TopicOf } from './handler.ts';

export const weightsHandlers: HandlersOf<TopicOf<'weights'>> = {
  'weights.list': (_params, { home }) => listWeights({ home }),
  'weights.download': ({ id, work }, { home, works }) =>
    works.do(work, (options) => downloadWeights({ home, id, ...options })),
  'weights.remove': ({ id }, { home }) => removeWeights({ home, id }),
};
