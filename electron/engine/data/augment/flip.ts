import type { ImageAugmentation } from './augmentation.ts';

/** Mirrors left and right, every second time. */
export const flip: ImageAugmentation = {
  name: 'flip',
  isOn: (settings) => settings.flip,
  apply(image, _settings, random) {
    if (random.next() < 0.5) return;
    const { size, pixels } = image;
    for (let y = 0; y < size; y++) {
      let left = y * size * 3;
      let right = left + (size - 1) * 3;
      for (; left < right; left += 3, right -= 3)
        for (let c = 0; c < 3; c++) {
          const value = pixels[left + c]!;
          pixels[left + c] = pixels[right + c]!;
          pixels[right + c] = value;
        }
    }
  },
};
