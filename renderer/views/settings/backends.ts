import type { BACKEND_CHOICES } from '../../../shared/ipc/topics/app.ts';
import type { BackendDiagnosis, Diagnosis } from '../../../shared/run/diagnosis.ts';
import { formatNumber, formatPlural } from '../../../shared/text/format.ts';

type BackendChoice = (typeof BACKEND_CHOICES)[number];

/** What each back end computes on. */
export const BACKEND_NAMES: Readonly<Record<BackendChoice, string>> = {
  auto: 'Automatic',
  tensorflow: 'NVIDIA graphics card (tensorflow)',
  webgpu: 'Graphics card (webgpu)',
  simd: 'Processor (simd)',
  cpu: 'Processor, plain and slow (cpu)',
};

const ORDER = ['auto', 'tensorflow', 'webgpu', 'simd', 'cpu'] as const satisfies readonly BackendChoice[];

/** What may be chosen: what was found not to work is disabled, unless it is what is chosen now. */
export function listBackendOptions(
  diagnosis: Diagnosis | null,
  chosen: BackendChoice,
): { value: BackendChoice; label: string; disabled: boolean }[] {
  return ORDER.map((value) => {
    const found = diagnosis?.backends.find(({ name }) => name === value);
    const fails = found !== undefined && found.state !== 'ready';
    return {
      value,
      label: fails ? `${BACKEND_NAMES[value]}: ${STATES[found.state].label.toLowerCase()}` : BACKEND_NAMES[value],
      disabled: fails && value !== chosen,
    };
  });
}

export const STATES = {
  ready: { label: 'Works', tone: 'success' },
  absent: { label: 'Not found', tone: 'neutral' },
  wrong: { label: 'Computes wrongly', tone: 'danger' },
  crashed: { label: 'Crashes', tone: 'danger' },
} as const satisfies Record<BackendDiagnosis['state'], { label: string; tone: string }>;

/** "126 comparisons, worst error 4.0e-7"; a dash where there was none. */
export function describeSelfTest({ selfTest }: BackendDiagnosis): string {
  if (!selfTest) return '–';
  return selfTest.failure === null ? `passed, ${formatPlural(selfTest.checks, 'check')}` : 'failed';
}

/** "800", "1 600 in mixed precision". */
export function describeSpeeds({ speeds }: BackendDiagnosis): { value: string; mixed: boolean }[] {
  return speeds.map(({ imagesPerSecond, precision }) => ({
    value: formatNumber(imagesPerSecond, 3),
    mixed: precision === 'mixed',
  }));
}

/** By which convention the speeds were taken; null where there are none. */
export function explainSpeeds({ backends }: Diagnosis): string | null {
  const speed = backends.flatMap(({ speeds }) => speeds)[0];
  if (!speed) return null;
  return `Images/s of a training step, MobileNetV3-Large teaching MobileNetV2: ${speed.size} × ${speed.size} pixels, ${speed.batch} at a time, images in memory.`;
}

/** The device, or why there is none to be had. */
export function describeDevice({ device, threads, kernels, reason }: BackendDiagnosis): string {
  if (device === null) return reason === null ? '–' : capitalize(reason);
  return [
    device,
    ...(threads > 0 ? [formatPlural(threads, 'thread')] : []),
    ...(kernels === null ? [] : [`kernels “${kernels}”`]),
    ...(reason === null ? [] : [reason]),
  ].join(', ');
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
