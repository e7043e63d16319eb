import type { ImageAugmentation } from './augmentation.ts';
import { luminance } from './luminance.ts';

/** With probability `grayscale`, leaves each pixel its luminance alone (Chen et al. 2020, appendix A). */
export const grayscale: ImageAugmentation = {
  name: 'grayscale',
  isOn: (settings) => settings.grayscale > 0,
  apply({ pixels }, { grayscale: chance }, random) {
    if (random.next() >= chance) return;
    for (let i = 0; i < pixels.length; i += 3) pixels.fill(luminance(pixels, i), i, i + 3);
  },
};
