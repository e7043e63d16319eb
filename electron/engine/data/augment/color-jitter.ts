import type { ImageAugmentation } from './augmentation.ts';

/**
 * Brightness, contrast and saturation, each scaled by a factor from `1 - strength` to `1 + strength`, in this order;
 * contrast about the image's mean luminance, saturation about each pixel's (ITU-R BT.601), as in torchvision.
 */
export const colorJitter: ImageAugmentation = {
  name: 'color-jitter',
  isOn: (settings) => settings.colorJitter > 0,
  apply({ pixels }, { colorJitter: strength }, random) {
    const brightness = random.uniform(1 - strength, 1 + strength);
    const contrast = random.uniform(1 - strength, 1 + strength);
    const saturation = random.uniform(1 - strength, 1 + strength);
    let sum = 0;
    for (let i = 0; i < pixels.length; i += 3) {
      for (let c = 0; c < 3; c++) pixels[i + c] = clampByte(pixels[i + c]! * brightness);
      sum += luminance(pixels, i);
    }
    const mean = (3 * sum) / pixels.length;
    for (let i = 0; i < pixels.length; i += 3) {
      for (let c = 0; c < 3; c++) pixels[i + c] = clampByte(mean + (pixels[i + c]! - mean) * contrast);
      const gray = luminance(pixels, i);
      for (let c = 0; c < 3; c++) pixels[i + c] = clampByte(gray + (pixels[i + c]! - gray) * saturation);
    }
  },
};

function luminance(pixels: Float32Array, i: number): number {
  return 0.299 * pixels[i]! + 0.587 * pixels[i + 1]! + 0.114 * pixels[i + 2]!;
}

function clampByte(value: number): number {
  return Math.min(255, Math.max(0, value));
}
