import { frozenLatencySchema, latencyTableSchema } from '../run/latency-table.ts';
import { defineForm } from './form.ts';

/** Latencies that a device measured: a file in the home, which belongs to no run. */
export const LATENCY_FORM = defineForm({ name: 'latency table', schema: latencyTableSchema });

/** What a run took of a table when it began: a file of the run. */
export const FROZEN_LATENCY_FORM = defineForm({ name: 'latencies of a run', schema: frozenLatencySchema });
