import { createHash } from 'node:crypto';
import { describeVerification, findFormat } from '../../../../shared/run/export-files.ts';
import { escapeHtml } from '../../../../shared/text/clean.ts';
import { formatPlural } from '../../../../shared/text/format.ts';
import { readLanguage } from '../../core/language.ts';
import type { ExportDescription } from '../exporter.ts';
import type { Verification } from '../verify.ts';
import { COPY_SCRIPT } from './copy-script.ts';
import { MOST_LABELS, type Snippet } from './snippet.ts';
import { STYLE } from './style.ts';

/** Nothing but the style and the script that stand in the page. */
const POLICY = `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(COPY_SCRIPT)}'; base-uri 'none'; form-action 'none'`;

/**
 * A page that says how to use an exported file: what goes in and comes out, and a program for each platform with the file's own
 * names, shapes and labels, each with a button that copies it. It needs nothing but itself, and lets nothing else in.
 */
export function writeUsePage(options: {
  /** Name of the exported file. */
  file: string;
  format: string;
  precision: string;
  sizeBytes: number;
  sha256: string;
  description: ExportDescription;
  verification: Verification;
  /** What comes out of the network, a sentence's part; by default its logits. */
  output?: string | undefined;
  snippets: readonly Snippet[];
}): string {
  const { file, format, precision, sizeBytes, sha256, description, verification, output, snippets } = options;
  const { architecture, classes, preprocessing } = description;
  const [height, width] = preprocessing.inputSize;
  const facts: [string, string][] = [
    ['File', `${file}, ${findFormat(format)?.title ?? format} ${precision}, ${sizeBytes} bytes`],
    ['SHA-256', sha256],
    ['Network', architecture],
    ['Input', `an image of ${height} x ${width} pixels, RGB, values from 0 to 255; the network normalizes them`],
    ['Other sizes', preprocessing.resize],
    [
      'Output',
      output ??
        `one number for each of ${classes.length} classes, the largest for the most likely one; softmax gives probabilities`,
    ],
    ['Checks', describeChecks(format, verification)],
  ];
  return `<!doctype html>
<html lang="${readLanguage()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width">
<title>${`How to use ${escapeHtml(file)}`}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${`How to use ${escapeHtml(file)}`}</h1>
<table>
${facts.map(([name, text]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(text)}</td></tr>`).join('\n')}
</table>
${snippets.map(writeSnippet).join('\n')}
<h2>${'Classes'}</h2>${classes.length > MOST_LABELS ? `\n<p>${'Programs that need them read them from a file labels.txt, one per line.'}</p>` : ''}
<ol start="0">
${classes.map((name) => `<li>${escapeHtml(name)}</li>`).join('\n')}
</ol>
</main>
<script>${COPY_SCRIPT}</script>
</body>
</html>
`;
}

function writeSnippet({ title, needs, code }: Snippet, index: number): string {
  const [name, text] = [escapeHtml(title), escapeHtml(code)];
  return `<h2 id="program-${index}">${name}</h2>
<p class="needs">${`Needs: ${escapeHtml(needs)}.`}</p>
<div class="code"><pre tabindex="0" aria-labelledby="program-${index}"><code>${text}</code></pre><button type="button" aria-describedby="program-${index}" hidden>${'Copy'}</button></div>`;
}

function describeChecks(format: string, { images, runtime, maxAbsDifference, range }: Verification): string {
  const verified = describeVerification({ format, runtime }, formatPlural(images, 'image'));
  return `${verified}: its output differs from Decant's by at most ${maxAbsDifference.toPrecision(2)} of a range of ${range.toPrecision(3)}`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
