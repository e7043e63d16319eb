import type { ImageAugmentation } from './augmentation.ts';

const AREA = { smallest: 0.02, largest: 1 / 3 };
const ASPECT = { smallest: 0.3, largest: 1 / 0.3 };
const ATTEMPTS = 10;

/** With probability `erasing`, fills a random rectangle with random pixels (Zhong et al. 2017, "RE-R"). */
export const randomErasing: ImageAugmentation = {
  name: 'random-erasing',
  isOn: (settings) => settings.erasing > 0,
  apply({ size, pixels }, { erasing }, random) {
    if (random.next() >= erasing) return;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const area = random.uniform(AREA.smallest, AREA.largest) * size * size;
      const aspect = Math.exp(random.uniform(Math.log(ASPECT.smallest), Math.log(ASPECT.largest)));
      const height = Math.round(Math.sqrt(area * aspect));
      const width = Math.round(Math.sqrt(area / aspect));
      if (height < 1 || width < 1 || height >= size || width >= size) continue;
      const top = random.integer(size - height + 1);
      const left = random.integer(size - width + 1);
      for (let y = top; y < top + height; y++) {
        const row = (y * size + left) * 3;
        for (let i = row; i < row + width * 3; i++) pixels[i] = random.bits() >>> 24;
      }
      return;
    }
  },
};
