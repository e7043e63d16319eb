import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  findLatencyTable,
  readLatencyTable,
  readLatencyTables,
  removeLatencyTable,
  restoreLatencyTable,
  setLatencyTableAside,
  writeLatencyTable,
} from '../../../electron/engine/store/index.ts';
import { latencyTableSchema } from '../../../shared/run/latency-table.ts';
import { createLatencyTable } from '../../helpers/latency-table.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'decant-latency-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const pathOf = (name: string): string => join(home, 'latency', `${name}.json`);

it('keeps tables by name', () => {
  expect(readLatencyTables(home)).toEqual([]);
  expect(() => readLatencyTable(home, 'x')).toThrow(
    /no latency table "x"; there is none yet, and "decant latency measure --name x" makes one/,
  );
  const table = createLatencyTable({ name: 'laptop-onnx' });
  writeLatencyTable(home, table);
  writeLatencyTable(home, createLatencyTable({ name: 'Phone' }));
  expect(readLatencyTable(home, 'laptop-onnx')).toEqual(table);
  expect(readLatencyTables(home).map(({ name }) => name)).toEqual(['Phone', 'laptop-onnx']);
  expect(() => readLatencyTable(home, 'laptop-onxn')).toThrow(
    /did you mean "laptop-onnx"\? Otherwise "decant latency measure/,
  );
  expect(findLatencyTable(home, 'tablet')).toBeNull();
  expect(findLatencyTable(home, '../decant')).toBeNull();
});

it('reads a table of an earlier version as one of medians', () => {
  const { statistic, ...earlier } = createLatencyTable();
  expect(statistic).toBe('fastest');
  expect(latencyTableSchema.parse(earlier)).toEqual({ ...earlier, statistic: 'median' });
});

it('notices that a table has changed, and that a newer version wrote it', async () => {
  const text = await readFile(pathOf('Phone'), 'utf8');
  await writeFile(pathOf('Phone'), text.replace('0.25', '0.35'));
  expect(() => readLatencyTable(home, 'Phone')).toThrow(/cannot be used: it has changed.*decant latency remove Phone/);
  expect(readLatencyTables(home).map(({ name }) => name)).toEqual(['laptop-onnx']);
  await writeFile(pathOf('Phone'), '{"version":99}');
  expect(() => readLatencyTable(home, 'Phone')).toThrow(/newer version of Decant/);
});

it('removes what there is, and nothing else', async () => {
  removeLatencyTable(home, 'Phone');
  expect(() => removeLatencyTable(home, 'Phone')).toThrow(/no latency table "Phone"; there is laptop-onnx, and/);
  await mkdir(join(home, 'other'));
  expect(() => removeLatencyTable(home, '../other')).toThrow(/no latency table/);
});

it('sets a table aside and brings it back, but not over a new one', () => {
  setLatencyTableAside(home, 'laptop-onnx');
  expect(readLatencyTables(home)).toEqual([]);
  expect(() => setLatencyTableAside(home, 'laptop-onnx')).toThrow(/no latency table "laptop-onnx"/);
  restoreLatencyTable(home, 'laptop-onnx');
  expect(readLatencyTables(home).map(({ name }) => name)).toEqual(['laptop-onnx']);
  setLatencyTableAside(home, 'laptop-onnx');
  writeLatencyTable(home, createLatencyTable({ name: 'laptop-onnx', device: 'new' }));
  expect(() => restoreLatencyTable(home, 'laptop-onnx')).toThrow(/measured anew since it was removed/);
  expect(readLatencyTable(home, 'laptop-onnx').device).toBe('new');
  expect(() => restoreLatencyTable(home, 'tablet')).toThrow(/No latency table "tablet" was removed/);
  expect(() => restoreLatencyTable(home, '../other')).toThrow(/was removed/);
});
