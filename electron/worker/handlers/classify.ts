import type { HandlersOf, TopicOf } from './handler.ts';

export const classifyHandlers: HandlersOf<TopicOf<'classify'>> = {
  'classify.image': async (params, { workbench }) => (await workbench.classifier()).classify(params),
};
