import type { Random } from '../../core/random.ts';
import type { ImageAugmentation } from './augmentation.ts';

const ASPECT = 4 / 3;
const ATTEMPTS = 10;

/**
 * A crop of random area (at least `minArea` of the image) and aspect ratio (3/4 to 4/3), brought back to full size with
 * bilinear interpolation (Szegedy et al. 2015).
 */
export const resizedCrop: ImageAugmentation = {
  name: 'resized-crop',
  isOn: (settings) => settings.crop === 'resized',
  apply(image, { minArea }, random) {
    const { size } = image;
    const crop = drawCrop(size, minArea, random);
    image.redraw((from, to) => {
      const scaleY = crop.height / size;
      const scaleX = crop.width / size;
      for (let y = 0; y < size; y++) {
        const sourceY = clamp(crop.top + (y + 0.5) * scaleY - 0.5, 0, size - 1);
        const y0 = Math.floor(sourceY);
        const fy = sourceY - y0;
        const above = y0 * size * 3;
        const below = Math.min(y0 + 1, size - 1) * size * 3;
        for (let x = 0; x < size; x++) {
          const sourceX = clamp(crop.left + (x + 0.5) * scaleX - 0.5, 0, size - 1);
          const x0 = Math.floor(sourceX);
          const fx = sourceX - x0;
          const left = x0 * 3;
          const right = Math.min(x0 + 1, size - 1) * 3;
          const out = (y * size + x) * 3;
          for (let c = 0; c < 3; c++) {
            const top = from[above + left + c]! * (1 - fx) + from[above + right + c]! * fx;
            const bottom = from[below + left + c]! * (1 - fx) + from[below + right + c]! * fx;
            to[out + c] = top * (1 - fy) + bottom * fy;
          }
        }
      }
    });
  },
};

function drawCrop(size: number, minArea: number, random: Random) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = random.uniform(minArea, 1) * size * size;
    const aspect = Math.exp(random.uniform(-Math.log(ASPECT), Math.log(ASPECT)));
    const width = Math.round(Math.sqrt(area * aspect));
    const height = Math.round(Math.sqrt(area / aspect));
    if (width < 1 || height < 1 || width > size || height > size) continue;
    return { top: random.integer(size - height + 1), left: random.integer(size - width + 1), width, height };
  }
  return { top: 0, left: 0, width: size, height: size };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
