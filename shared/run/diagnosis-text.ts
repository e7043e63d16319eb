import { cleanText } from '../text/clean.ts';
import { formatBytes, formatMilliseconds, formatNumber, formatPlural } from '../text/format.ts';
import { formatTable } from '../text/table.ts';
import type { BackendDiagnosis, Diagnosis, StepSpeed, StoreDiagnosis } from './diagnosis.ts';
import { describeLost } from './recovery-text.ts';

/** Formats a diagnosis for a terminal, with the back end that will be used at the end. */
export function formatDiagnosis(diagnosis: Diagnosis): string {
  return [formatMachine(diagnosis), formatBackends(diagnosis), formatChoice(diagnosis)].join('\n\n');
}

function formatMachine(diagnosis: Diagnosis): string {
  const { webAssembly, store } = diagnosis;
  const features = [
    [webAssembly.simd, 'SIMD'],
    [webAssembly.relaxedSimd, 'relaxed SIMD'],
    [webAssembly.sharedMemory, 'shared memory'],
  ] as const;
  return formatTable(
    [{ title: '' }, { title: '' }],
    [
      ['Decant', `${diagnosis.decant}, Node ${diagnosis.node}, V8 ${diagnosis.v8}, ${diagnosis.platform}`],
      ['Processor', `${diagnosis.processor}, ${formatPlural(diagnosis.cores, 'thread')}`],
      ['Memory', `${formatBytes(diagnosis.memoryBytes)}, ${formatBytes(diagnosis.freeMemoryBytes)} of it free`],
      ['WebAssembly', features.map(([there, name]) => (there ? name : `no ${name}`)).join(', ')],
      ['ONNX Runtime', diagnosis.onnxRuntime ?? 'not available'],
      ['Store', formatStore(store)],
    ],
  );
}

function formatStore({ home, state, problem, runs, lostRuns, sizeBytes }: StoreDiagnosis): string {
  const sentence = describeLost(lostRuns);
  const lost = sentence === null ? '' : `. ${sentence}`;
  switch (state) {
    case 'none':
      return `${home}, empty${lost}`;
    case 'sound':
      return `${home}, OK, ${formatPlural(runs, 'run')}, ${formatBytes(sizeBytes)}${lost}`;
    case 'unusable':
      return problem ?? home;
    default:
      return state satisfies never;
  }
}

function formatBackends({ backends }: Diagnosis): string {
  const table = formatTable(
    [{ title: 'Back end' }, { title: 'State' }, { title: 'Self-test' }, { title: 'Speed' }, { title: 'Device' }],
    backends.map((backend) => [
      backend.name,
      backend.state,
      formatSelfTest(backend),
      backend.speeds.map(formatSpeed).join('; ') || '–',
      formatDevice(backend),
    ]),
  );
  const reasons = backends.flatMap(({ name, reason }) => (reason === null ? [] : [`${name}: ${cleanText(reason)}.`]));
  return [table, ...(reasons.length > 0 ? ['', ...reasons] : [])].join('\n');
}

function formatSelfTest({ selfTest }: BackendDiagnosis): string {
  if (!selfTest) return '–';
  const passed = `${formatPlural(selfTest.checks, 'comparison')}, worst error ${selfTest.maxError.toExponential(1)}`;
  return selfTest.failure === null ? passed : `failed at ${selfTest.failure}`;
}

function formatSpeed({ imagesPerSecond, stepMs, size, batch, precision }: StepSpeed): string {
  const speed = `${formatNumber(imagesPerSecond, 3)} images/s (${size} × ${size}, batch ${batch}, ${formatMilliseconds(stepMs)} per step)`;
  return precision === 'mixed' ? `mixed precision ${speed}` : speed;
}

function formatDevice({ device, threads, kernels }: BackendDiagnosis): string {
  if (device === null) return '–';
  return [
    device,
    ...(threads > 0 ? [formatPlural(threads, 'thread')] : []),
    ...(kernels === null ? [] : [`kernels "${kernels}"`]),
  ].join(', ');
}

function formatChoice({ backends }: Diagnosis): string {
  const explanation =
    'Speeds are for a distillation step: MobileNetV3-Large teaches MobileNetV2, with images in memory.';
  const chosen = backends.find((backend) => backend.chosen);
  if (!chosen) return `${explanation}\nNo back end is available.`;
  if (chosen.state !== 'crashed') return `${explanation}\nUsed: ${chosen.name}.`;
  const next = backends.find(({ state }) => state === 'ready');
  const advice = next ? `; use --backend ${next.name}` : '';
  return `${explanation}\n"auto" would try ${chosen.name}, which crashes${advice}.`;
}
