import { PIXELS } from '../use-page/pixels.ts';
import { LABELS, type Snippet, type SnippetFacts } from '../use-page/snippet.ts';
import { INPUT, OUTPUT } from './graph.ts';

/** A program that classifies an image with a TensorFlow.js model. */
export function writeSnippets(facts: SnippetFacts): Snippet[] {
  const { file, height, width, classes } = facts;
  return [
    {
      title: 'JavaScript (browser)',
      needs: `npm install @tensorflow/tfjs; ${file} unpacked to the folder model on the server, whose index.html works as it is`,
      code: `import * as tf from '@tensorflow/tfjs';

const labels = ${LABELS.browser(classes)};
const model = await tf.loadGraphModel('model/model.json');

/** @param source a File, an <img> or anything else that has pixels */
export async function classify(source) {
  const pixels = await readPixels(source);
  const output = tf.tidy(() => {
    // "${INPUT}": float32 [batch, ${height}, ${width}, 3]. The network normalizes.
    const image = tf.tensor(pixels, [1, ${height}, ${width}, 3]);
    return model.execute({ ${INPUT}: image }, '${OUTPUT}');
  });
  const logits = await output.data(); // "${OUTPUT}": float32 [batch, ${classes.length}].
  output.dispose();
  return labels[logits.indexOf(Math.max(...logits))];
}

${PIXELS.browser(facts)}
`,
    },
  ];
}
