/** Times the data pipeline: `node bench/data.ts [--size 32] [--source N] [--batch 64] [--dataset PATH]`; prints JSON. */
import { parseArgs } from 'node:util';
import { measureData } from '../electron/engine/data/index.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '32' },
    source: { type: 'string' },
    batch: { type: 'string', default: '64' },
    dataset: { type: 'string' },
  },
});
const speed = await measureData({
  size: Number(values.size),
  source: values.source === undefined ? undefined : Number(values.source),
  batch: Number(values.batch),
  dataset: values.dataset ?? null,
});
console.log(JSON.stringify(speed));
