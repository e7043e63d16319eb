import type { HandlersOf, TopicOf } from './handler.ts';

export const compareHandlers: HandlersOf<TopicOf<'compare'>> = {
  'compare.predictions': async (params, { workbench }) => (await workbench.comparison()).readPredictions(params),
  'compare.attention': async (params, { workbench }) => (await workbench.comparison()).readAttention(params),
  'compare.points': async (params, { workbench }) => (await workbench.comparison()).listPoints(params),
};
