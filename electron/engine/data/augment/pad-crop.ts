import type { ImageAugmentation } from './augmentation.ts';

/** Shifts the image by up to `padding` pixels in each direction; what comes in is black (He et al. 2016, section 4.2). */
export const padCrop: ImageAugmentation = {
  name: 'pad-crop',
  isOn: (settings) => settings.crop === 'pad' && settings.padding !== 0,
  apply(image, { padding }, random) {
    const reach = padding ?? Math.max(1, Math.round(image.size / 8));
    const dy = random.integer(2 * reach + 1) - reach;
    const dx = random.integer(2 * reach + 1) - reach;
    if (dy === 0 && dx === 0) return;
    const { size } = image;
    image.redraw((from, to) => {
      to.fill(0);
      const firstX = Math.max(0, -dx);
      const endX = Math.min(size, size - dx);
      if (firstX >= endX) return;
      for (let y = Math.max(0, -dy); y < Math.min(size, size - dy); y++) {
        const source = ((y + dy) * size + firstX + dx) * 3;
        to.set(from.subarray(source, source + (endX - firstX) * 3), (y * size + firstX) * 3);
      }
    });
  },
};
