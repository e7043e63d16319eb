/** Times the data pipeline: `node bench/data.ts [--size 32] [--batch 128] [--dataset PATH]`; prints JSON. */
import { parseArgs } from 'node:util';
import { measureData } from '../electron/engine/data/index.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '32' },
    batch: { type: 'string', default: '128' },
    dataset: { type: 'string' },
  },
});
const speed = await measureData({
  size: Number(values.size),
  batch: Number(values.batch),
  dataset: values.dataset ?? null,
});
console.log(JSON.stringify(speed));
