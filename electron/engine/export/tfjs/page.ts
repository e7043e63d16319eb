import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ExportRequest } from '../request.ts';
import { INPUT, OUTPUT } from './graph.ts';

/** Parts of TensorFlow.js that the page loads, in this order: package and script of its build for browsers. */
const LIBRARIES = [
  ['tfjs-core', 'tf-core.min.js'],
  ['tfjs-converter', 'tf-converter.min.js'],
  ['tfjs-backend-cpu', 'tf-backend-cpu.min.js'],
  ['tfjs-backend-webgpu', 'tf-backend-webgpu.min.js'],
] as const;

/** TensorFlow.js for browsers, as files of the archive. */
export function listLibraries(): { name: string; bytes: Uint8Array }[] {
  return LIBRARIES.map(([library, script]) => {
    const main = import.meta.resolve(`@tensorflow/${library}`);
    const folder = main.slice(0, main.lastIndexOf('/dist/'));
    return { name: `lib/${script}`, bytes: readFileSync(fileURLToPath(`${folder}/dist/${script}`)) };
  });
}

/**
 * A page that classifies images with the network beside it: chosen, dropped, or named by `?image=`. Labels and sizes come
 * from `model.json`, so that the page fits every export.
 */
export function writePage({ network }: ExportRequest): string {
  const scripts = LIBRARIES.map(([, script]) => `<script src="lib/${script}"></script>`).join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${network.architecture}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 2rem auto; padding: 0 1rem; }
  canvas { width: 100%; image-rendering: auto; border: 1px solid #8888; border-radius: 4px; }
  td:last-child { text-align: right; font-variant-numeric: tabular-nums; padding-left: 2rem; }
</style>
<h1>What is it?</h1>
<p id="status" role="status">Loading the network …</p>
<p><label>Image: <input type="file" id="file" accept="image/*" disabled></label></p>
<canvas id="image" hidden></canvas>
<table><tbody id="guesses"></tbody></table>
${scripts}
<script type="module">
const status = document.querySelector('#status');
const file = document.querySelector('#file');
const canvas = document.querySelector('#image');

async function load() {
  try {
    if (!navigator.gpu || !(await tf.setBackend('webgpu'))) throw new Error('no WebGPU');
  } catch {
    await tf.setBackend('cpu');
  }
  await tf.ready();
  return tf.loadGraphModel('model.json');
}

/** Scales an image to cover the network's input and crops it to its centre, as in training. */
function draw(image, [height, width]) {
  canvas.width = width;
  canvas.height = height;
  canvas.hidden = false;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.fillStyle = '#fff'; // Transparency becomes white.
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  const scale = Math.max(width / image.width, height / image.height);
  const [w, h] = [image.width * scale, image.height * scale];
  context.drawImage(image, (width - w) / 2, (height - h) / 2, w, h);
  const { data } = context.getImageData(0, 0, width, height);
  return Float32Array.from({ length: width * height * 3 }, (_, i) => data[Math.floor(i / 3) * 4 + (i % 3)]);
}

const model = await load();
const { labels, preprocessing } = model.artifacts.userDefinedMetadata;
const [height, width] = preprocessing.inputSize;

async function classify(source) {
  // Rotated as EXIF says.
  const image = await createImageBitmap(source, { imageOrientation: 'from-image' });
  const pixels = draw(image, [height, width]); // RGB, 0 to 255: the network normalizes.
  const start = performance.now();
  const input = tf.tensor(pixels, [1, height, width, 3]);
  const output = model.execute({ ${INPUT}: input }, '${OUTPUT}');
  const logits = await output.data();
  const elapsed = performance.now() - start;
  tf.dispose([input, output]);
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - largest));
  const sum = powers.reduce((total, value) => total + value, 0);
  const guesses = labels.map((label, i) => ({ label, share: powers[i] / sum })).sort((a, b) => b.share - a.share);
  const rows = guesses.slice(0, 5).map(({ label, share }) => {
    const row = document.createElement('tr');
    row.insertCell().textContent = label;
    row.insertCell().textContent = (100 * share).toFixed(1) + ' %';
    return row;
  });
  document.querySelector('#guesses').replaceChildren(...rows);
  status.textContent = guesses[0].label + ', in ' + elapsed.toFixed(0) + ' ms on ' + tf.getBackend() + '.';
}

async function attempt(source) {
  try {
    await classify(await source);
  } catch (error) {
    status.textContent = 'This is not a readable image (' + error.message + ').';
  }
}

status.textContent = 'Ready on ' + tf.getBackend() + ': ' + labels.length + ' classes, ' + width + ' x ' + height + ' pixels.';
file.disabled = false;
file.addEventListener('change', () => file.files[0] && attempt(file.files[0]));
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  if (event.dataTransfer.files[0]) attempt(event.dataTransfer.files[0]);
});
const named = new URLSearchParams(location.search).get('image');
if (named) attempt(fetch(named).then((response) => response.blob()));
</script>
</html>
`;
}
