/** The page that a phone opens: it measures what it is given, and sends what came of it. See docs/phone.md. */
import type { Accelerator, PhoneAnswer, PhoneReceipt, PhoneTask } from '../shared/run/phone-measurement.ts';
import { formatMilliseconds, formatNumber, formatShare } from '../shared/text/format.ts';
import { measureFile } from './measure-file.ts';
import { nameDevice } from './name-device.ts';

const TITLES: Readonly<Record<Accelerator, string>> = { wasm: 'WebAssembly', webgpu: 'WebGPU' };
const LONGEST_REASON = 300;

const form = find('#form', HTMLFormElement);
const device = find('#device', HTMLInputElement);
const status = find('#status', HTMLElement);
const list = find('#files', HTMLElement);
const note = find('#note', HTMLElement);
const again = find('#again', HTMLButtonElement);

/** What is measured: a file with an accelerator, and its line on the page. */
interface Line {
  readonly file: number;
  readonly accelerator: Accelerator;
  readonly figures: HTMLElement;
}

function find<Found extends Element>(selector: string, kind: new () => Found): Found {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`The page has no ${selector}.`);
  return found;
}

async function get(address: string): Promise<Response> {
  const response = await fetch(address);
  if (!response.ok) throw new Error((await response.text()).trim());
  return response;
}

async function getBytes(address: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await get(address)).arrayBuffer());
}

/** WebGPU is there for pages in a secure context only, and so not over a plain network address. */
async function listAccelerators(): Promise<Accelerator[]> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  return adapter ? ['wasm', 'webgpu'] : ['wasm'];
}

function addLine(task: PhoneTask, file: number, accelerator: Accelerator): Line {
  const [line, name, figures] = [
    document.createElement('li'),
    document.createElement('p'),
    document.createElement('p'),
  ] as const;
  name.textContent = `${task.files[file]!.name}, ${TITLES[accelerator]}`;
  figures.className = 'quiet figures';
  figures.textContent = 'waiting';
  line.append(name, figures);
  list.append(line);
  return { file, accelerator, figures };
}

async function measure(task: PhoneTask, lines: readonly Line[]): Promise<PhoneAnswer> {
  const answer: PhoneAnswer = { device: device.value.trim(), results: [], failures: [] };
  const images = await getBytes('/images');
  for (const { file, accelerator, figures } of lines) {
    const facts = task.files[file]!;
    status.textContent = `Measuring ${facts.name}…`;
    try {
      const parts = new Map<string, Uint8Array<ArrayBuffer>>();
      for (const [name, address] of Object.entries(facts.parts)) parts.set(name, await getBytes(address));
      const onStep = (text: string) => {
        figures.textContent = text;
      };
      const result = await measureFile({ task, file: facts, parts, images, accelerator, onStep });
      answer.results.push({ file, accelerator, ...result });
      figures.textContent = 'measured';
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_REASON);
      answer.failures.push({ file, accelerator, reason });
      figures.textContent = `did not work: ${reason}`;
      figures.classList.add('failed');
    }
  }
  return answer;
}

async function send(answer: PhoneAnswer, lines: readonly Line[]): Promise<void> {
  again.hidden = true;
  status.textContent = 'Sending the results…';
  const response = await fetch('/results', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(answer),
  }).catch(() => null);
  const reply: unknown = await response?.json().catch(() => null);
  if (!response?.ok) {
    const reason = (reply as { message?: unknown } | null)?.message; // Whatever came.
    status.textContent = typeof reason === 'string' ? reason : 'Decant could not be reached. Is it still open?';
    again.hidden = false;
    again.onclick = () => void send(answer, lines);
    return;
  }
  const { results } = reply as PhoneReceipt; // Decant's own answer.
  for (const [i, { latencyMs, fps, top1, agreement }] of results.entries()) {
    const { file, accelerator } = answer.results[i]!;
    const line = lines.find((candidate) => candidate.file === file && candidate.accelerator === accelerator);
    if (!line) continue;
    line.figures.textContent = `${formatMilliseconds(latencyMs.p50)} (p95 ${formatMilliseconds(latencyMs.p95)}), ${formatNumber(fps)} FPS. Top-1 ${formatShare(top1)}, agrees with the computer on ${formatShare(agreement)}.`;
  }
  status.textContent = 'Done. Decant has the results. You can close this page.';
}

async function open(): Promise<void> {
  // The token has done its work: a reload needs the cookie alone.
  history.replaceState(null, '', '/');
  const task: PhoneTask = await (await get('/task')).json();
  const count = task.files.length;
  find('#task', HTMLElement).textContent =
    `${task.title}: ${count} ${count === 1 ? 'file' : 'files'} on ${task.images} test images of ${task.inputSize} × ${task.inputSize} pixels.`;
  const accelerators = await listAccelerators();
  const lines = task.files.flatMap((_, file) => accelerators.map((accelerator) => addLine(task, file, accelerator)));
  if (!globalThis.isSecureContext)
    note.textContent =
      'Over a plain network address, browsers offer neither WebGPU nor threads, so WebAssembly runs with 1 thread.';
  device.value = nameDevice(navigator.userAgent);
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    form.hidden = true;
    measure(task, lines)
      .then((answer) => send(answer, lines))
      .catch(fail);
  });
}

function fail(error: unknown): void {
  status.textContent = error instanceof Error ? error.message : String(error);
}

open().catch(fail);
