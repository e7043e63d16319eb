/** Space around the words, and their sizes, CSS pixels. */
const PADDING = 12;
const TITLE = { size: 13, line: 18 };
const TEXT = { size: 11, line: 16 };

export interface TitleOptions {
  readonly title: string;
  readonly text: string | undefined;
  readonly background: string;
  /** Of the canvas, per CSS pixel. */
  readonly pixelRatio: number;
}

/** A picture of a chart below its title and what it shows, in the page's font and colours. */
export function addTitle(
  chart: HTMLCanvasElement,
  { title, text, background, pixelRatio }: TitleOptions,
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) return chart;
  const { fontFamily, color } = getComputedStyle(document.body);
  const width = chart.width / pixelRatio;
  const fonts = { title: `600 ${TITLE.size}px ${fontFamily}`, text: `${TEXT.size}px ${fontFamily}` };
  context.font = fonts.text;
  const lines =
    text === undefined ? [] : breakLines(text, (part) => context.measureText(part).width <= width - 2 * PADDING);
  const top = PADDING + TITLE.line + lines.length * TEXT.line + PADDING / 2;
  canvas.width = chart.width;
  canvas.height = chart.height + Math.ceil(top * pixelRatio);
  context.scale(pixelRatio, pixelRatio);
  context.fillStyle = background;
  context.fillRect(0, 0, width, canvas.height / pixelRatio);
  context.fillStyle = color;
  context.textBaseline = 'top';
  context.font = fonts.title;
  context.fillText(title, PADDING, PADDING, width - 2 * PADDING);
  context.font = fonts.text;
  for (const [i, line] of lines.entries()) context.fillText(line, PADDING, PADDING + TITLE.line + i * TEXT.line);
  context.drawImage(chart, 0, top, width, chart.height / pixelRatio);
  return canvas;
}

/** Breaks text between words; a word that does not fit stands in a line of its own. */
export function breakLines(text: string, fits: (line: string) => boolean): string[] {
  const [first = '', ...words] = text.split(' ');
  const lines: string[] = [];
  let line = first;
  for (const word of words)
    if (fits(`${line} ${word}`)) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  return [...lines, line];
}
