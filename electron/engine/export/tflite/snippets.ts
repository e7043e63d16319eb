import { PIXELS } from '../use-page/pixels.ts';
import { LABELS, MOST_LABELS, type Snippet, type SnippetFacts } from '../use-page/snippet.ts';
import { INPUT, OUTPUT } from './graph.ts';

/** Programs that classify an image with a TFLite file. */
export function writeSnippets(facts: SnippetFacts): Snippet[] {
  const { file, height, width, classes } = facts;
  const count = classes.length;
  const integers = facts.precision === 'int8-only';
  const type = integers ? 'int8' : 'float32';
  // Integers are compared as the numbers are that they stand for.
  const input = `"${INPUT}": ${type} [1, ${height}, ${width}, 3]${integers ? ', 0 to 255 minus 128' : ''}. The network normalizes.`;
  const output = `"${OUTPUT}": ${type} [1, ${count}].`;
  const snippets = [
    {
      title: 'Kotlin (Android)',
      needs: 'com.google.ai.edge.litert:litert in build.gradle; the file in src/main/assets, not compressed',
      code: `import android.content.Context
import android.graphics.*
import java.nio.*
import java.nio.channels.FileChannel
import kotlin.math.max
import org.tensorflow.lite.Interpreter

class Classifier(context: Context) : AutoCloseable {
    private val labels = ${LABELS.kotlin(classes)}
    private val interpreter = context.assets.openFd("${file}").use { asset ->
        Interpreter(asset.createInputStream().channel.map(FileChannel.MapMode.READ_ONLY, asset.startOffset, asset.declaredLength))
    }

    fun classify(bitmap: Bitmap): String {
        // ${input}
${
  integers
    ? `        val input = ByteBuffer.allocateDirect(${height * width * 3})
        for (value in readPixels(bitmap)) input.put((value - 128).toInt().toByte())
        val logits = arrayOf(ByteArray(${count})) // ${output}`
    : `        val input = ByteBuffer.allocateDirect(4 * ${height * width * 3}).order(ByteOrder.nativeOrder())
        input.asFloatBuffer().put(readPixels(bitmap))
        val logits = arrayOf(FloatArray(${count})) // ${output}`
}
        interpreter.run(input, logits)
        return labels[logits[0].indices.maxBy { logits[0][it] }]
    }

    override fun close() = interpreter.close()
}

${PIXELS.kotlin(facts)}
`,
    },
    {
      title: 'Swift (iOS)',
      needs: 'the pod or package TensorFlowLiteSwift; the file in the bundle',
      code: `import CoreGraphics
import Foundation
import TensorFlowLite

final class Classifier {
    private let labels: [String]
    private let interpreter: Interpreter

    init(bundle: Bundle = .main) throws {
        ${classes.length > MOST_LABELS ? 'let labelsUrl = bundle.url(forResource: "labels", withExtension: "txt")!\n        ' : ''}labels = ${LABELS.swift(classes)}
        interpreter = try Interpreter(modelPath: bundle.path(forResource: "${file.replace(/\.tflite$/i, '')}", ofType: "tflite")!)
        try interpreter.allocateTensors()
    }

    func classify(_ image: CGImage) throws -> String {
        // ${input}
        let pixels = readPixels(image)${integers ? '.map { Int8($0 - 128) }' : ''}
        try interpreter.copy(pixels.withUnsafeBufferPointer { Data(buffer: $0) }, toInputAt: 0)
        try interpreter.invoke()
        // ${output}
        let logits = try interpreter.output(at: 0).data.withUnsafeBytes { Array($0.bindMemory(to: ${integers ? 'Int8' : 'Float32'}.self)) }
        return labels[logits.indices.max { logits[$0] < logits[$1] }!]
    }
}

${PIXELS.swift(facts)}
`,
    },
    {
      title: 'JavaScript (browser)',
      needs: 'npm install @litertjs/core; its folder wasm and the file on the server',
      code: `import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core';

const labels = ${LABELS.browser(classes)};
await loadLiteRt('/wasm/');
const model = await loadAndCompile('${file}', { accelerator: 'wasm' });

/** @param source a File, an <img> or anything else that has pixels */
export async function classify(source) {
  // ${input}
  const input = new Tensor(await readPixels(source), [1, ${height}, ${width}, 3]);
  const [output] = await model.run(input);
  const logits = output.toTypedArray(); // ${output}
  const best = logits.indexOf(Math.max(...logits));
  input.delete();
  output.delete();
  return labels[best];
}

${PIXELS.browser(facts)}
`,
    },
    {
      title: 'Python',
      needs: 'pip install ai-edge-litert pillow numpy',
      code: `import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image, ImageOps

labels = ${LABELS.python(classes)}
interpreter = Interpreter("${file}")
interpreter.allocate_tensors()


${PIXELS.python(facts)}


def classify(path):
    # ${input}
    pixels = ${integers ? '(read_pixels(path) - 128).astype(np.int8)' : 'read_pixels(path)'}
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels[None])
    interpreter.invoke()
    logits = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]  # ${output}
    return labels[int(logits.argmax())]


print(classify(sys.argv[1]))
`,
    },
  ];
  // LiteRT for JavaScript passes floats alone.
  return integers ? snippets.filter(({ title }) => !title.startsWith('JavaScript')) : snippets;
}
