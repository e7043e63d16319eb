import type { SnippetFacts } from './snippet.ts';

/**
 * Ways to bring an image to the input: scaled until it covers it, cut around its centre, RGB 0..255. Each defines a function
 * of an image that gives floats in the order height, width, channel.
 */
export const PIXELS = {
  kotlin: ({ height, width }: SnippetFacts) => `/** ${height} x ${width} pixels around the centre, RGB, 0 to 255. */
fun readPixels(bitmap: Bitmap): FloatArray {
    val scale = max(${width}f / bitmap.width, ${height}f / bitmap.height)
    val image = Bitmap.createBitmap(${width}, ${height}, Bitmap.Config.ARGB_8888)
    Canvas(image).apply {
        drawColor(Color.WHITE)
        translate(${width} / 2f, ${height} / 2f)
        scale(scale, scale)
        drawBitmap(bitmap, -bitmap.width / 2f, -bitmap.height / 2f, Paint(Paint.FILTER_BITMAP_FLAG))
    }
    val colors = IntArray(${width * height})
    image.getPixels(colors, 0, ${width}, 0, 0, ${width}, ${height})
    return FloatArray(colors.size * 3) { i -> ((colors[i / 3] shr (16 - 8 * (i % 3))) and 0xff).toFloat() }
}`,
  swift: ({ height, width }: SnippetFacts) => `/// ${height} x ${width} pixels around the centre, RGB, 0 to 255.
func readPixels(_ image: CGImage) -> [Float] {
    var bytes = [UInt8](repeating: 255, count: ${width * height * 4})
    let context = CGContext(data: &bytes, width: ${width}, height: ${height}, bitsPerComponent: 8, bytesPerRow: ${width * 4},
                            space: CGColorSpace(name: CGColorSpace.sRGB)!, bitmapInfo: CGImageAlphaInfo.noneSkipLast.rawValue)!
    context.interpolationQuality = .high
    let scale = max(${width} / CGFloat(image.width), ${height} / CGFloat(image.height))
    let size = CGSize(width: CGFloat(image.width) * scale, height: CGFloat(image.height) * scale)
    context.draw(image, in: CGRect(x: (${width} - size.width) / 2, y: (${height} - size.height) / 2,
                                   width: size.width, height: size.height))
    return (0..<${width * height * 3}).map { Float(bytes[$0 / 3 * 4 + $0 % 3]) }
}`,
  browser: ({ height, width }: SnippetFacts) => `/** ${height} x ${width} pixels around the centre, RGB, 0 to 255. */
async function readPixels(source) {
  const image = await createImageBitmap(source, { imageOrientation: 'from-image' });
  const context = new OffscreenCanvas(${width}, ${height}).getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, ${width}, ${height});
  context.imageSmoothingQuality = 'high';
  const scale = Math.max(${width} / image.width, ${height} / image.height);
  const [w, h] = [image.width * scale, image.height * scale];
  context.drawImage(image, (${width} - w) / 2, (${height} - h) / 2, w, h);
  const { data } = context.getImageData(0, 0, ${width}, ${height});
  return Float32Array.from({ length: ${width * height * 3} }, (_, i) => data[Math.floor(i / 3) * 4 + (i % 3)]);
}`,
  javascript: ({ height, width }: SnippetFacts) => `/** ${height} x ${width} pixels around the centre, RGB, 0 to 255. */
async function readPixels(path) {
  const image = sharp(path).autoOrient().resize(${width}, ${height}, { fit: 'cover', kernel: 'lanczos3' });
  const bytes = await image.flatten({ background: '#fff' }).toColourspace('srgb').raw().toBuffer();
  return Float32Array.from(bytes);
}`,
  python: ({ height, width }: SnippetFacts) => `def read_pixels(path):
    """${height} x ${width} pixels around the centre, RGB, 0 to 255."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    return np.asarray(ImageOps.fit(image, (${width}, ${height}), Image.LANCZOS), dtype=np.float32)`,
} as const;
