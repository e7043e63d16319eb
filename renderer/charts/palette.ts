/** The tokens that charts draw with, as colours that a canvas understands. */
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
  'teacher',
  'baseline',
  'student',
  'teacher-soft',
  'baseline-soft',
  'student-soft',
  'danger',
  'warning',
  'success',
] as const;

export type PaletteColor = (typeof TOKENS)[number];
export type ChartPalette = Readonly<Record<PaletteColor, string>> & { readonly font: string };

/** Reads the tokens as they are under the theme that holds now. */
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

/** The same colour, more or less see-through. */
export function fade(color: string, alpha: number): string {
  const [r, g, b] = color.match(/[\d.]+/g) ?? ['0', '0', '0'];
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}
