import { latencyTableSchema } from '../run/latency-table.ts';
import { defineForm } from './form.ts';

/** Latencies that a device measured: a file in the home, which belongs to no run. */
export const LATENCY_FORM = defineForm({ name: 'latency table', schema: latencyTableSchema });
