import type { Teacher } from './teacher.ts';

/** Stands where nobody teaches: for a network that learns by methods that ask no teacher. */
export const NO_TEACHER: Teacher = {
  description: { name: 'no teacher', inputSize: [0, 0], parameters: 0, macs: 0, sizeBytes: 0 },
  model: null,
  channels: new Map(),
  embeddingLength: null,
  answer: () => Promise.resolve(null),
  forward() {
    throw new Error('Nobody teaches, and nobody is to be asked.');
  },
  close: () => Promise.resolve(),
};
