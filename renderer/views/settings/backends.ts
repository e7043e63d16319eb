import type { BACKEND_CHOICES } from '../../../shared/ipc/topics/app.ts';
import type { BackendDiagnosis, Diagnosis } from '../../../shared/run/diagnosis.ts';
import { formatNumber, formatPlural } from '../../../shared/text/format.ts';

type BackendChoice = (typeof BACKEND_CHOICES)[number];

/** Names of the back ends, by what they compute on. */
export const BACKEND_NAMES: Readonly<Record<BackendChoice, string>> = {
  auto: 'Automatic',
  tensorflow: 'NVIDIA graphics card (tensorflow)',
  webgpu: 'Graphics card (webgpu)',
  simd: 'Processor (simd)',
  cpu: 'Processor, slow reference (cpu)',
};

const ORDER = ['auto', 'tensorflow', 'webgpu', 'simd', 'cpu'] as const satisfies readonly BackendChoice[];

/** Lists the choices. Back ends that do not work are disabled, except the current choice. */
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
  absent: { label: 'Not available', tone: 'neutral' },
  wrong: { label: 'Wrong results', tone: 'danger' },
  crashed: { label: 'Crashes', tone: 'danger' },
} as const satisfies Record<BackendDiagnosis['state'], { label: string; tone: string }>;

/** "passed, 126 checks"; a dash if there was no test. */
export function describeSelfTest({ selfTest }: BackendDiagnosis): string {
  if (!selfTest) return '–';
  return selfTest.failure === null ? `passed, ${formatPlural(selfTest.checks, 'check')}` : 'failed';
}

/** The speed in each precision: "800", "1 600". */
export function describeSpeeds({ speeds }: BackendDiagnosis): { value: string; mixed: boolean }[] {
  return speeds.map(({ imagesPerSecond, precision }) => ({
    value: formatNumber(imagesPerSecond, 3),
    mixed: precision === 'mixed',
  }));
}

/** Explains how the speeds were measured; null if there are none. */
export function explainSpeeds({ backends }: Diagnosis): string | null {
  const speed = backends.flatMap(({ speeds }) => speeds)[0];
  if (!speed) return null;
  return `Training speed in images/s: MobileNetV3-Large teaches MobileNetV2 at ${speed.size} × ${speed.size} pixels, batch ${speed.batch}, images in memory.`;
}

/** The device, or why the back end is not available. */
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
