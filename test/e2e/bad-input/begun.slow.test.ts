import { describe } from 'vitest';
import { describeCases } from './cases.ts';
import { useWorld } from './world.ts';

useWorld();

describe('bad input that shows once a run has begun', () => describeCases(({ began = false }) => began));
