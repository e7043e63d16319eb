import { resolve } from 'node:path';
import type { PhoneMeasurement } from '../../../shared/run/phone-measurement.ts';
import { formatPhones } from '../../../shared/run/phone-text.ts';
import { EXPORT_FORMATS, PRECISIONS } from '../../../shared/run/recipe.ts';
import { DecantError } from '../../engine/index.ts';
import { listAddresses, openPhoneSession, type PhoneAddress, writeQr } from '../../phone/index.ts';
import { type ParsedArguments, readChoice, usageError } from '../arguments.ts';
import type { Command, CommandContext } from '../command.ts';
import { takePositionals } from '../positionals.ts';

export const phone: Command = {
  name: 'phone',
  synopsis: '<run> [--address ADDRESS | --benchmark-model FILE]',
  summary: "Measures a run's exported files in the browser of a phone, on test images.",
  details: `Serves a page on one address of this computer, and prints it as a QR code. The first browser that opens it gets it, and no other.
Ends when the results are there, after 30 minutes, or with Ctrl-C. Without --address, lists the addresses.

With --benchmark-model, adb pushes that program and the TFLite files to an Android device instead, times them there in TFLite itself,
and removes them again. The program must be TFLite's, for the processor of the device.`,
  options: {
    address: { value: 'ADDRESS', summary: 'the address of this computer that the phone reaches it by' },
    'benchmark-model': { value: 'FILE', summary: "TFLite's benchmark_model for the device, to be run by adb" },
    device: { value: 'SERIAL', summary: 'with --benchmark-model: the device, as "adb devices" calls it' },
    format: { value: 'FORMAT', summary: `only files of this format: ${EXPORT_FORMATS.join(', ')}` },
    precision: { value: 'PRECISION', summary: `only files of this precision: ${PRECISIONS.join(', ')}` },
  },
  async run(args, context) {
    if (args.values.has('benchmark-model')) await measureByAdb(args, context);
    else await measureInBrowser(args, context);
  },
};

async function measureInBrowser(
  args: ParsedArguments,
  { engine, home, cacheLimitBytes, json, listener, signal, print }: CommandContext,
): Promise<void> {
  const [run] = takePositionals(args, ['run']);
  if (args.values.has('device')) throw usageError('--device needs --benchmark-model; add it, or leave --device out.');
  const address = chooseAddress(args.values.get('address')?.[0], listAddresses());
  const only = {
    format: readOnly(args, 'format', EXPORT_FORMATS),
    precision: readOnly(args, 'precision', PRECISIONS),
  };
  const job = await engine.preparePhoneJob({ home, run, exports: null, only, cacheLimitBytes, listener, signal });
  let measured: PhoneMeasurement | null = null;
  const session = await openPhoneSession({
    job,
    address,
    async keep(measurement) {
      await engine.keepPhoneMeasurement({ home, run, measurement });
      measured = measurement;
    },
    onChange({ state, device, activity }) {
      if (state === 'connected')
        listener({
          type: 'note.added',
          message: activity === null ? `Connected: ${device}` : `Measuring ${activity}`,
        });
      if (state === 'measured') void session.close();
    },
  });
  const stop = () => void session.close();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const { url } = session.state;
  const invitation = `Open this address in the phone’s browser: ${url}`;
  if (json) listener({ type: 'note.added', message: invitation });
  else print(url, () => `${writeQr(url)}\n\n${invitation}\n`);
  await session.ended;
  signal.removeEventListener('abort', stop);
  if (measured === null)
    throw new DecantError('run.stopped', session.state.message ?? 'Stopped before the phone sent results.', { run });
  const result: PhoneMeasurement = measured;
  print(result, () => formatPhones([result]));
}

async function measureByAdb(
  args: ParsedArguments,
  { engine, home, listener, signal, print }: CommandContext,
): Promise<void> {
  const [run] = takePositionals(args, ['run']);
  for (const name of ['address', 'format'])
    if (args.values.has(name)) throw usageError(`--${name} has no meaning with --benchmark-model; leave it out.`);
  const measurement = await engine.benchmarkOnDevice({
    home,
    run,
    binary: resolve(args.values.get('benchmark-model')?.[0] ?? ''),
    serial: args.values.get('device')?.[0] ?? null,
    precision: readOnly(args, 'precision', PRECISIONS),
    listener,
    signal,
  });
  await engine.keepPhoneMeasurement({ home, run, measurement });
  print(measurement, () => formatPhones([measurement]));
}

function chooseAddress(given: string | undefined, known: readonly PhoneAddress[]): string {
  const list = known
    .map(({ address, network, loopback }) => `${address} (${loopback ? 'this computer only' : network})`)
    .join(', ');
  if (given === undefined) throw usageError(`--address is missing; this computer has ${list}.`);
  if (known.some(({ address }) => address === given)) return given;
  throw usageError(`"${given}" is no address of this computer, which has ${list}.`);
}

/** The one choice that is wanted; null: all. */
function readOnly<const T extends string>(args: ParsedArguments, name: string, choices: readonly T[]): T | null {
  const given = args.values.get(name)?.[0];
  return given === undefined ? null : readChoice(`--${name}`, given, choices);
}
