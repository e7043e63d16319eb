import { PIXELS } from '../use-page/pixels.ts';
import { LABELS, MOST_LABELS, type Snippet, type SnippetFacts } from '../use-page/snippet.ts';
import { INPUT, OUTPUT } from './graph.ts';

/** Programs that classify an image with an ONNX file. Its images are channel by channel. */
export function writeSnippets(facts: SnippetFacts): Snippet[] {
  const { file, height, width, classes } = facts;
  const count = classes.length;
  const area = height * width;
  return [
    {
      title: 'Kotlin (Android)',
      needs: 'com.microsoft.onnxruntime:onnxruntime-android in build.gradle; the file in src/main/assets',
      code: `import ai.onnxruntime.*
import android.content.Context
import android.graphics.*
import java.nio.FloatBuffer
import kotlin.math.max

class Classifier(context: Context) : AutoCloseable {
    private val labels = ${LABELS.kotlin(classes)}
    private val environment = OrtEnvironment.getEnvironment()
    private val session = environment.createSession(context.assets.open("${file}").readBytes())

    fun classify(bitmap: Bitmap): String {
        // "${INPUT}": float32 [1, 3, ${height}, ${width}], channel by channel. The network normalizes.
        val pixels = readPixels(bitmap)
        val planes = FloatArray(pixels.size) { i -> pixels[i % ${area} * 3 + i / ${area}] }
        OnnxTensor.createTensor(environment, FloatBuffer.wrap(planes), longArrayOf(1, 3, ${height}, ${width})).use { image ->
            session.run(mapOf("${INPUT}" to image)).use { results ->
                val logits = (results["${OUTPUT}"].get().value as Array<FloatArray>)[0] // float32 [1, ${count}].
                return labels[logits.indices.maxBy { logits[it] }]
            }
        }
    }

    override fun close() = session.close()
}

${PIXELS.kotlin(facts)}
`,
    },
    {
      title: 'Swift (iOS)',
      needs: 'the pod onnxruntime-objc, or the package onnxruntime; the file in the bundle',
      code: `import CoreGraphics
import Foundation
import OnnxRuntimeBindings

final class Classifier {
    private let labels: [String]
    private let environment: ORTEnv
    private let session: ORTSession

    init(bundle: Bundle = .main) throws {
        ${classes.length > MOST_LABELS ? 'let labelsUrl = bundle.url(forResource: "labels", withExtension: "txt")!\n        ' : ''}labels = ${LABELS.swift(classes)}
        environment = try ORTEnv(loggingLevel: .warning)
        let path = bundle.path(forResource: "${file.replace(/\.onnx$/i, '')}", ofType: "onnx")!
        session = try ORTSession(env: environment, modelPath: path, sessionOptions: nil)
    }

    func classify(_ image: CGImage) throws -> String {
        // "${INPUT}": float32 [1, 3, ${height}, ${width}], channel by channel. The network normalizes.
        let pixels = readPixels(image)
        var planes = (0..<pixels.count).map { pixels[$0 % ${area} * 3 + $0 / ${area}] }
        let data = NSMutableData(bytes: &planes, length: 4 * planes.count)
        let input = try ORTValue(tensorData: data, elementType: .float, shape: [1, 3, ${height}, ${width}])
        let outputs = try session.run(withInputs: ["${INPUT}": input], outputNames: ["${OUTPUT}"], runOptions: nil)
        // "${OUTPUT}": float32 [1, ${count}].
        let logits = try (outputs["${OUTPUT}"]!.tensorData() as Data).withUnsafeBytes { Array($0.bindMemory(to: Float32.self)) }
        return labels[logits.indices.max { logits[$0] < logits[$1] }!]
    }
}

${PIXELS.swift(facts)}
`,
    },
    {
      title: 'JavaScript (Node.js)',
      needs: 'npm install onnxruntime-node sharp (in a browser: onnxruntime-web and a canvas)',
      code: `import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';

const labels = ${LABELS.javascript(classes)};
const session = await InferenceSession.create(await readFile('${file}'));

export async function classify(path) {
  // "${INPUT}": float32 [1, 3, ${height}, ${width}], channel by channel. The network normalizes.
  const pixels = await readPixels(path);
  const planes = pixels.map((_, i) => pixels[(i % ${area}) * 3 + Math.floor(i / ${area})]);
  const results = await session.run({ ${INPUT}: new Tensor('float32', planes, [1, 3, ${height}, ${width}]) });
  const logits = results.${OUTPUT}.data; // float32 [1, ${count}].
  return labels[logits.indexOf(Math.max(...logits))];
}

${PIXELS.javascript(facts)}

console.log(await classify(process.argv[2]));
`,
    },
    {
      title: 'Python',
      needs: 'pip install onnxruntime pillow numpy',
      code: `import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

labels = ${LABELS.python(classes)}
session = onnxruntime.InferenceSession("${file}")


${PIXELS.python(facts)}


def classify(path):
    # "${INPUT}": float32 [1, 3, ${height}, ${width}], channel by channel. The network normalizes.
    planes = np.ascontiguousarray(read_pixels(path).transpose(2, 0, 1))[None]
    logits = session.run(["${OUTPUT}"], {"${INPUT}": planes})[0][0]  # float32 [1, ${count}].
    return labels[int(logits.argmax())]


print(classify(sys.argv[1]))
`,
    },
  ];
}
