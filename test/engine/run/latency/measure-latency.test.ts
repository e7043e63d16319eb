import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNetwork } from '../../../../electron/engine/model/index.ts';
import { LatencyModel, listPoints } from '../../../../electron/engine/prune/index.ts';
import { describeModel } from '../../../../electron/engine/run/context/models.ts';
import { freezeLatency } from '../../../../electron/engine/run/context/run-latency.ts';
import { forgetLatencyTable, listLatencyTables } from '../../../../electron/engine/run/latency/latency-tables.ts';
import { type MeasureLatencyOptions, measureLatency } from '../../../../electron/engine/run/latency/measure-latency.ts';
import { ExportTimer } from '../../../../electron/engine/run/latency/network-timer.ts';
import { readLatencyTable, writeLatencyTable } from '../../../../electron/engine/store/index.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { correctionOf, LATENCY_CALIBRATIONS } from '../../../../shared/run/latency-table.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';
import { createLatencyTable } from '../../../helpers/latency-table.ts';
import { FakeTimer } from './fake-timer.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-latency-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const recipe = recipeSchema.parse({ data: { inputSize: 32 } });
const POINTS = 240;

function optionsOf(timer: FakeTimer, changes: Partial<MeasureLatencyOptions> = {}): MeasureLatencyOptions {
  return {
    home,
    recipe,
    name: 'abacus',
    device: 'this',
    format: 'tflite',
    precision: 'fp32',
    threads: 1,
    rounds: 2,
    checks: 3,
    listener: () => {},
    signal: new AbortController().signal,
    timer,
    machine: 'wood',
    clock: timer.clock,
    ...changes,
  };
}

describe('measuring latencies', () => {
  it('predicts whole networks by sums of pieces, and says how well', async () => {
    const timer = new FakeTimer();
    const events: RunEvent[] = [];
    const table = await measureLatency(optionsOf(timer, { listener: (event) => events.push(event) }));
    expect(timer.turns).toBe(2 * (POINTS + LATENCY_CALIBRATIONS + 4));
    expect(table).toMatchObject({ name: 'abacus', runtime: 'Abacus 1', machine: 'wood', pieces: POINTS });
    const [network] = table.networks;
    expect(network).toMatchObject({ title: 'MobileNetV2, 32 × 32 pixels', pieces: POINTS });
    expect(network!.checks).toHaveLength(3);
    expect(new Set(network!.checks.map(({ macs }) => macs)).size).toBe(3);
    expect(table.medianError).toBeLessThan(1e-9);
    expect(network!.full!.predictedMs).toBeCloseTo(network!.full!.measuredMs, 9);
    expect(network!.calibration).toHaveLength(LATENCY_CALIBRATIONS);
    const macsOf = (networks: readonly { macs: number }[]) => networks.map(({ macs }) => macs);
    expect(macsOf(network!.checks).filter((macs) => macsOf(network!.calibration).includes(macs))).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'run.progressed', done: timer.turns, total: timer.turns });
    expect(await listLatencyTables({ home })).toEqual([table]);
  });

  it('corrects sums of pieces by whole networks that are not among those that it is checked by', async () => {
    const timer = new FakeTimer({ whole: 1.2 });
    const table = await measureLatency(optionsOf(timer, { name: 'cold' }));
    expect(table.medianError).toBeLessThan(1e-9);
    const { full } = table.networks[0]!;
    expect(full!.predictedMs).toBeCloseTo(full!.measuredMs / 1.2, 9);
    const read = readLatencyTable(home, 'cold');
    expect(correctionOf(read.networks)).toBeCloseTo(1.2, 9);
    const prune = { macs: null, latencyMs: 1, latencyTable: 'cold' };
    const bounded = recipeSchema.parse({ data: { inputSize: 32 }, prune });
    const student = describeModel(bounded, 'student', 100);
    const frozen = freezeLatency(home, bounded, student)!;
    expect(new LatencyModel(student, new Map(Object.entries(frozen.pieces))).predict(student)).toBeCloseTo(
      full!.measuredMs,
      9,
    );
    await forgetLatencyTable({ home, name: 'cold' });
  });

  it('goes on in a table’s own way: medians where an older version began it', async () => {
    const timer = new FakeTimer();
    const began = { ...optionsOf(timer, { name: 'older', checks: 2 }) };
    writeLatencyTable(
      home,
      createLatencyTable({ name: 'older', machine: 'wood', runtime: 'Abacus 1', statistic: 'median', pieces: {} }),
    );
    const table = await measureLatency(began);
    const [network] = table.networks;
    expect(table.statistic).toBe('median');
    // The middle of each turn is twice the fastest.
    const fastest = await measureLatency(optionsOf(new FakeTimer(), { name: 'newer', checks: 2 }));
    expect(network!.full!.measuredMs).toBeCloseTo(2 * fastest.networks[0]!.full!.measuredMs, 9);
    expect(fastest.statistic).toBe('fastest');
    await forgetLatencyTable({ home, name: 'older' });
    await forgetLatencyTable({ home, name: 'newer' });
  });

  it('times nothing twice, and another network’s pieces besides', async () => {
    const again = new FakeTimer();
    await measureLatency(optionsOf(again, { checks: 0 }));
    expect(again.turns).toBe(2 * LATENCY_CALIBRATIONS);
    const more = new FakeTimer();
    const smaller = recipeSchema.parse({ data: { inputSize: 32 }, student: { architecture: 'mobilenet-v3-small' } });
    const table = await measureLatency(optionsOf(more, { recipe: smaller, checks: 0 }));
    expect(more.turns).toBeGreaterThan(100);
    expect(table.pieces).toBe(POINTS + more.turns / 2 - LATENCY_CALIBRATIONS);
    // What was checked before stays.
    expect(table.networks.map(({ checks }) => checks.length)).toEqual([3, 0]);
  });

  it('goes on where it was stopped', async () => {
    const stop = new AbortController();
    const first = new FakeTimer({ onTurn: (turns) => turns === 100 && stop.abort() });
    const options = { name: 'stopped', checks: 0 };
    await expect(measureLatency(optionsOf(first, { ...options, signal: stop.signal }))).rejects.toMatchObject({
      code: 'run.stopped',
    });
    expect(Object.keys(readLatencyTable(home, 'stopped').pieces)).toHaveLength(100);
    const second = new FakeTimer();
    await measureLatency(optionsOf(second, options));
    expect(first.turns + second.turns).toBe(2 * (POINTS + LATENCY_CALIBRATIONS));
  });

  it('keeps what it timed where the runtime fails', async () => {
    const timer = new FakeTimer({
      onTurn(turns) {
        if (turns === 30) throw new Error('lost');
      },
    });
    await expect(measureLatency(optionsOf(timer, { name: 'failed' }))).rejects.toThrow('lost');
    expect(Object.keys(readLatencyTable(home, 'failed').pieces)).toHaveLength(29);
  });

  it('does not mix devices, ways to compute and versions', async () => {
    const refuse = async (changes: Partial<MeasureLatencyOptions>, reason: RegExp) =>
      await expect(measureLatency(optionsOf(new FakeTimer(), changes))).rejects.toThrow(reason);
    await refuse({ device: 'phone' }, /another device \(this, now phone\); remove it, or choose another --name/);
    await refuse({ machine: 'brass' }, /another machine/);
    await refuse({ format: 'onnx' }, /another runtime/);
    await refuse({ precision: 'int8' }, /another precision/);
    const newer = optionsOf(new FakeTimer({ runtime: 'Abacus 2' }), { rounds: 3 });
    await expect(measureLatency(newer)).rejects.toThrow(/measured in Abacus 1, and here is Abacus 2/);
    expect(readLatencyTable(home, 'abacus').runtime).toBe('Abacus 1');
  });

  it('is forgotten by name', async () => {
    await expect(forgetLatencyTable({ home, name: 'abacsu' })).rejects.toThrow(/did you mean "abacus"/);
    await forgetLatencyTable({ home, name: 'abacus' });
    expect((await listLatencyTables({ home })).map(({ name }) => name)).toEqual(['failed', 'stopped']);
  });
});

describe('timing a piece as an exported file', () => {
  const full = buildNetwork({ architecture: 'mobilenet-v3-small', classes: 10, inputSize: 32 });
  const points = listPoints(full);
  // One with squeeze-excitation and hard-swish, the bare frame, and the classifier.
  const some = [
    points.find(({ key }) => key.includes('scale'))!,
    points.at(-1)!,
    points.find(({ key }) => key.includes('dense'))!,
  ];

  it.each([
    ['tflite', 'fp32'],
    ['tflite', 'fp16'],
    ['tflite', 'int8'],
    ['onnx', 'fp32'],
    ['onnx', 'int8'],
  ] as const)('works in the runtime of %s files in %s', async (format, precision) => {
    const timer = new ExportTimer({ format, precision, threads: 1 });
    for (const { build } of some) {
      const times = await timer.time(build());
      expect(times.length).toBeGreaterThan(1);
      expect(Math.min(...times)).toBeGreaterThan(0);
    }
    expect(timer.runtime).toMatch(format === 'tflite' ? /^LiteRT [\d.]+/ : /^onnxruntime-node [\d.]+, CPU, 1 thread/);
  });
});
