import type { ImageAugmentation } from './augmentation.ts';

/** Standard deviations in pixels, and the share of an image's side that the window reaches to each side of a pixel. */
const DEVIATION = { smallest: 0.1, largest: 2 };
const REACH = 0.05;

/**
 * With probability `blur`, blurs with a Gaussian of a deviation from 0.1 to 2 pixels, in a window of a tenth of the image's
 * side (Chen et al. 2020, appendix A); beyond the edge, the edge goes on.
 */
export const blur: ImageAugmentation = {
  name: 'blur',
  isOn: (settings) => settings.blur > 0,
  apply(image, { blur: chance }, random) {
    if (random.next() >= chance) return;
    const { size } = image;
    const deviation = random.uniform(DEVIATION.smallest, DEVIATION.largest);
    const reach = Math.max(1, Math.round(REACH * size));
    const window = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
      Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)),
    );
    const sum = window.reduce((total, weight) => total + weight, 0);
    // Down the columns, then along the rows.
    for (const [along, across] of [
      [size * 3, 3],
      [3, size * 3],
    ] as const)
      image.redraw((from, to) => {
        for (let line = 0; line < size; line++)
          for (let place = 0; place < size; place++)
            for (let c = 0; c < 3; c++) {
              let value = 0;
              for (let i = -reach; i <= reach; i++) {
                const near = Math.min(size - 1, Math.max(0, place + i));
                value += window[i + reach]! * from[line * across + near * along + c]!;
              }
              to[line * across + place * along + c] = value / sum;
            }
      });
  },
};
