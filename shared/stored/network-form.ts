import { z } from 'zod';
import { defineForm } from './form.ts';

/** The description of a network, in `network.json`, in files of weights and in checkpoints; `parseNetwork` checks all of it. */
export const NETWORK_FORM = defineForm({
  name: 'network',
  schema: z.custom<object>(isDescription, 'expected "format": "decant-network"'),
  keepsVersion: true,
});

function isDescription(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === 'decant-network';
}
