/**
 * Measures what images without labels add to the memory of a process that opens a dataset and takes its fingerprint: the peak, and
 * what is resident a while later, with so many of them and with none. Prints JSON; exit status 1 when the goal is missed.
 *
 *     node bench/listing.ts [--images 100000]
 */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openDataset } from '../electron/engine/data/index.ts';

/** The most that the images may add to the peak, bytes. Met by 20 000 images; 100 000 still add about 90 MB. */
const MOST_ADDED = 32 * 2 ** 20;
/** Links to one file: file systems limit them. */
const LINKS = 10_000;

const { values } = parseArgs({ options: { images: { type: 'string', default: '100000' }, open: { type: 'string' } } });

if (values.open === undefined) measure(Number(values.images));
else process.stdout.write(JSON.stringify(await open(values.open)));

function measure(images: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'decant-listing-'));
  try {
    const [without, beside] = [0, images].map((count) => {
      const dataset = join(folder, `with-${count}`);
      fill(dataset, count);
      return JSON.parse(
        execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--open', dataset], { encoding: 'utf8' }),
      );
    });
    const added = {
      peak_bytes: beside.peak_bytes - without.peak_bytes,
      resident_bytes: beside.resident_bytes - without.resident_bytes,
    };
    const met = added.peak_bytes <= MOST_ADDED;
    process.stdout.write(`${JSON.stringify({ what: 'listing', images, without, with: beside, added, met })}\n`);
    process.exitCode = met ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Files with names such as cameras give; nothing here looks into them. */
function fill(folder: string, count: number): void {
  for (const name of ['a', 'b']) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < 50; i++) writeFileSync(join(folder, name, `${i}.jpg`), `${name}${i}`);
  }
  const unlabelled = join(folder, 'unlabelled');
  if (count > 0) mkdirSync(unlabelled);
  for (let i = 0; i < count; i++) {
    const path = join(unlabelled, `IMG_20260716_${String(i).padStart(7, '0')}.jpg`);
    if (i % LINKS === 0) writeFileSync(path, String(i));
    else linkSync(join(unlabelled, `IMG_20260716_${String(i - (i % LINKS)).padStart(7, '0')}.jpg`), path);
  }
}

/** Opens a dataset as a run does, and lets the collector do what it does by itself. */
async function open(path: string): Promise<Record<string, number>> {
  const startedMs = performance.now();
  const dataset = await openDataset(path);
  const openedPeak = process.resourceUsage().maxRSS * 1024;
  const openedMs = performance.now();
  await dataset.fingerprint();
  const elapsed_ms = Math.round(performance.now() - startedMs);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const usage = process.memoryUsage();
  return {
    unlabelled: dataset.unlabelled.length,
    opened_ms: Math.round(openedMs - startedMs),
    elapsed_ms,
    opened_peak_bytes: openedPeak,
    peak_bytes: process.resourceUsage().maxRSS * 1024,
    resident_bytes: usage.rss,
  };
}
