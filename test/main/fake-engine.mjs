// An engine process that computes nothing: for tests of who starts, asks and restarts it, with any Node or in Electron.
import process from 'node:process';

const port = process.parentPort;
const send = port ? (message) => port.postMessage(message) : (message) => process.send(message);
const listen = port ? (act) => port.on('message', ({ data }) => act(data)) : (act) => process.on('message', act);

const status = {
  state: 'ready',
  message: null,
  backend: null,
  device: process.versions.electron ?? process.versions.node,
  threads: null,
  imagesPerSecond: null,
  memoryBytes: process.pid,
  activeRun: null,
  progress: null,
  remainingMs: null,
  waiting: 0,
};
let configured = null;

const ANSWERS = {
  'engine.configure'(params) {
    configured = params;
    return {};
  },
  'engine.status': () => ({ ...status, threads: configured?.threads ?? null }),
  'images.thumbnail': ({ image }) => ({ bytes: new Uint8Array([image, 2, 3]), type: 'image/jpeg' }),
  'runs.tags': () => [{ tag: 'not a number', runs: 'many' }],
  // What an engine must not do.
  'runs.resume': () => process.exit(3),
  'runs.pause'() {
    process.stderr.write('Error: the driver is too old.\n    at somewhere\n', () => process.exit(1));
    return undefined;
  },
  'runs.stop'() {
    send('nonsense');
    send({ id: 'x' });
    send({ event: { type: 'run.removed', run: 7 } });
    send({ event: { type: 'run.removed', run: '0123456789abcd' } });
    return undefined; // And is never answered.
  },
  'engine.shutDown': () => ({}),
};

if (process.argv.includes('--broken')) process.exit(9);
listen(({ id, name, params }) => {
  const value = ANSWERS[name]?.(params);
  if (value !== undefined) send({ id, ok: true, value });
  else if (!ANSWERS[name]) send({ id, ok: false, failure: { code: 'internal', message: `No answer to ${name}.` } });
});
