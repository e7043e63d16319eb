import type { Random } from '../../core/random.ts';
import type { ImageAugmentation } from './augmentation.ts';
import { luminance } from './luminance.ts';

/**
 * Brightness, contrast and saturation, each scaled by a factor from `1 - strength` to `1 + strength`, in this order;
 * contrast about the image's mean luminance, saturation about each pixel's (ITU-R BT.601), as in torchvision. Then all hues are
 * turned by up to `hue` of the colour circle, one way or the other. `jitterChance` is that of any of it.
 */
export const colorJitter: ImageAugmentation = {
  name: 'color-jitter',
  isOn: ({ colorJitter: strength, hue, jitterChance }) => (strength > 0 || hue > 0) && jitterChance > 0,
  apply({ pixels }, { colorJitter: strength, hue, jitterChance }, random) {
    if (jitterChance < 1 && random.next() >= jitterChance) return;
    if (strength > 0) scaleColors(pixels, strength, random);
    if (hue > 0) turnHues(pixels, random.uniform(-hue, hue));
  },
};

function scaleColors(pixels: Float32Array, strength: number, random: Random): void {
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
}

/**
 * Adds `turn`, a share of the circle, to each pixel's hue; saturation and value of the HSV model (Smith 1978) stay, and so do
 * the largest and the smallest of the three numbers.
 */
function turnHues(pixels: Float32Array, turn: number): void {
  for (let i = 0; i < pixels.length; i += 3) {
    const [r, g, b] = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!];
    const most = Math.max(r, g, b);
    const range = most - Math.min(r, g, b);
    if (range === 0) continue;
    // In sixths of the circle, from red on.
    const sixths = most === r ? (g - b) / range : most === g ? 2 + (b - r) / range : 4 + (r - g) / range;
    const turned = sixths + 6 * turn;
    for (const [c, offset] of CHANNEL_OFFSETS.entries()) {
      const k = (((offset + turned) % 6) + 6) % 6;
      pixels[i + c] = most - range * Math.max(0, Math.min(k, 4 - k, 1));
    }
  }
}

/** How far along the circle, in sixths, each channel begins to fall. */
const CHANNEL_OFFSETS = [5, 3, 1];

function clampByte(value: number): number {
  return Math.min(255, Math.max(0, value));
}
