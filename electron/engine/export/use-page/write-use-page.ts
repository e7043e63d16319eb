import { escapeHtml } from '../../../../shared/text/clean.ts';
import type { ExportDescription } from '../exporter.ts';
import type { Verification } from '../verify.ts';
import { MOST_LABELS, type Snippet } from './snippet.ts';

const STYLE = `
  body { font: 16px/1.55 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; }
  pre { padding: 1rem; overflow-x: auto; border: 1px solid #8886; border-radius: 6px; font: 13px/1.5 ui-monospace, monospace; }
  th { text-align: left; vertical-align: top; padding-right: 2rem; font-weight: 600; white-space: nowrap; }
  td { overflow-wrap: anywhere; }
  ol { columns: 12rem; }
`;

/**
 * A page that says how to use an exported file: what goes in and comes out, and a program for each platform with the file's own
 * names, shapes and labels. It needs nothing but itself.
 */
export function writeUsePage(options: {
  /** Name of the exported file. */
  file: string;
  /** "tflite int8". */
  kind: string;
  sizeBytes: number;
  sha256: string;
  description: ExportDescription;
  verification: Verification;
  snippets: readonly Snippet[];
}): string {
  const { file, kind, sizeBytes, sha256, description, verification, snippets } = options;
  const { architecture, classes, preprocessing } = description;
  const [height, width] = preprocessing.inputSize;
  const facts: [string, string][] = [
    ['File', `${file}, ${kind}, ${sizeBytes} bytes`],
    ['SHA-256', sha256],
    ['Network', architecture],
    ['Input', `an image of ${height} x ${width} pixels, RGB, values from 0 to 255; the network normalizes them`],
    ['Other sizes', preprocessing.resize],
    [
      'Output',
      `one number for each of ${classes.length} classes, the largest for the most likely one; softmax gives probabilities`,
    ],
    [
      'Verified',
      `on ${verification.images} images in ${verification.runtime}: its output differs from Decant's by at most ${verification.maxAbsDifference.toPrecision(2)} of a range of ${verification.range.toPrecision(3)}`,
    ],
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>How to use ${escapeHtml(file)}</title>
<style>${STYLE}</style>
<h1>How to use ${escapeHtml(file)}</h1>
<table>
${facts.map(([name, text]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(text)}</td></tr>`).join('\n')}
</table>
${snippets
  .map(
    ({ title, needs, code }) =>
      `<h2>${escapeHtml(title)}</h2>\n<p>Needs: ${escapeHtml(needs)}.</p>\n<pre><code>${escapeHtml(code)}</code></pre>`,
  )
  .join('\n')}
<h2>Classes</h2>${classes.length > MOST_LABELS ? '\n<p>The programs read them from a file <code>labels.txt</code>, one per line.</p>' : ''}
<ol start="0">
${classes.map((name) => `<li>${escapeHtml(name)}</li>`).join('\n')}
</ol>
</html>
`;
}
