import type { Snippet, SnippetFacts } from '../use-page/snippet.ts';
import { INPUT, LABEL, PROBABILITIES } from './graph.ts';
import { PACKAGE } from './package.ts';

const CLASS = PACKAGE.replace(/\.mlpackage$/, '');

/** Programs that classify an image with a Core ML package, which scale it themselves. */
export function writeSnippets({ file, height, width, classes }: SnippetFacts): Snippet[] {
  const outputs = `${LABEL}: the most likely class. ${PROBABILITIES}: the probability of each of ${classes.length} classes.`;
  return [
    {
      title: 'Swift with Vision (iOS 16, macOS 13)',
      needs: `${file} unpacked, and ${PACKAGE} dragged into the project in Xcode, which makes a class ${CLASS} of it`,
      code: `import CoreGraphics
import CoreML
import Vision

final class Classifier {
    private let model: VNCoreMLModel

    init() throws {
        model = try VNCoreMLModel(for: ${CLASS}(configuration: MLModelConfiguration()).model)
    }

    /// The most likely classes first.
    func classify(_ image: CGImage, orientation: CGImagePropertyOrientation = .up) throws -> [VNClassificationObservation] {
        let request = VNCoreMLRequest(model: model)
        // Covers [${height}, ${width}] and is cut around its centre, as in training. The network normalizes.
        request.imageCropAndScaleOption = .centerCrop
        try VNImageRequestHandler(cgImage: image, orientation: orientation).perform([request])
        return request.results as? [VNClassificationObservation] ?? []
    }
}
`,
    },
    {
      title: 'Swift with a CVPixelBuffer (iOS 16, macOS 13)',
      needs: `the same; the image as a buffer of ${width} x ${height} pixels (kCVPixelFormatType_32BGRA, or ARGB)`,
      code: `import CoreML
import CoreVideo

final class Classifier {
    private let model: ${CLASS}

    init() throws {
        model = try ${CLASS}(configuration: MLModelConfiguration())
    }

    /// - Parameter ${INPUT}: [${height}, ${width}] pixels. The network normalizes.
    func classify(_ ${INPUT}: CVPixelBuffer) throws -> (label: String, probability: Double) {
        let output = try model.prediction(${INPUT}: ${INPUT})
        // ${outputs}
        return (output.${LABEL}, output.${PROBABILITIES}[output.${LABEL}] ?? 0)
    }
}
`,
    },
    {
      title: 'Python (macOS)',
      needs: `pip install coremltools pillow; ${file} unpacked`,
      code: `import sys

import coremltools
from PIL import Image, ImageOps

model = coremltools.models.MLModel("${PACKAGE}")


def classify(path):
    # "${INPUT}": [${height}, ${width}] pixels. The network normalizes.
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    image = ImageOps.fit(image, (${width}, ${height}), Image.LANCZOS)
    output = model.predict({"${INPUT}": image})
    # ${outputs}
    label = output["${LABEL}"]
    return label, output["${PROBABILITIES}"][label]


print(classify(sys.argv[1]))
`,
    },
  ];
}
