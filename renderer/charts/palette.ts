import { ROLE_NAMES } from '../ui/roles.ts';

/** The design tokens that charts use. */
const TOKENS = [
  'surface',
  'raised',
  'sunken',
  'border',
  'border-strong',
  'text',
  'text-muted',
  'text-faint',
  'accent',
  'accent-soft',
  ...ROLE_NAMES,
  ...ROLE_NAMES.map((role) => `${role}-soft` as const),
  'danger',
  'warning',
  'success',
] as const;

export type PaletteColor = (typeof TOKENS)[number];
export type ChartPalette = Readonly<Record<PaletteColor, string>> & { readonly font: string };

/** Reads the tokens of the current theme, as colours that a canvas understands. */
export function readPalette(): ChartPalette {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const entries = TOKENS.map((token) => {
    probe.style.color = `var(--${token})`;
    return [token, getComputedStyle(probe).color] as const;
  });
  const font = getComputedStyle(document.body).fontFamily;
  probe.remove();
  // One entry for each token.
  return { ...(Object.fromEntries(entries) as Record<PaletteColor, string>), font };
}

/** The same colour with another opacity. */
export function fade(color: string, alpha: number): string {
  const [r, g, b] = color.match(/[\d.]+/g) ?? ['0', '0', '0'];
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/** The colour seen where `over` covers `under` with this opacity. */
export function blend(under: string, over: string, alpha: number): string {
  const [below, above] = [readChannels(under), readChannels(over)];
  return `rgb(${below.map((channel, i) => Math.round(channel + alpha * (above[i]! - channel))).join(', ')})`;
}

/** Picks the candidate with the highest WCAG 2 contrast on a background. */
export function pickReadable(background: string, candidates: readonly [string, ...string[]]): string {
  const ground = computeLuminance(background);
  const contrast = (color: string): number => {
    const luminance = computeLuminance(color);
    return (Math.max(luminance, ground) + 0.05) / (Math.min(luminance, ground) + 0.05);
  };
  return candidates.reduce((best, color) => (contrast(color) > contrast(best) ? color : best));
}

function readChannels(color: string): number[] {
  return (color.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
}

/** Relative luminance of WCAG 2: 0 is black, 1 white. */
function computeLuminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = readChannels(color).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
