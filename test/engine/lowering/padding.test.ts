import { expect, test } from 'vitest';
import { choosePadding, type Margin } from '../../../electron/engine/lowering/padding.ts';

// For every size, kernel, stride and padding that occur: the first and last pixels that each window covers.

/** Where each window begins, in pixels of the image without padding. */
function windowStarts(length: number, kernel: number, stride: number, [before, after]: Margin): number[] {
  const starts: number[] = [];
  for (let start = -before; start + kernel <= length + after; start += stride) starts.push(start);
  return starts;
}

/** TensorFlow's definition of `SAME`. */
function sameMargin(length: number, kernel: number, stride: number): Margin {
  const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + kernel - length);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

test('windows stand where the description puts them', () => {
  const ways = { same: 0, valid: 0, pad: 0 };
  for (let height = 1; height < 12; height++)
    for (const width of [height, 7, 8])
      for (const kernel of [1, 2, 3, 5, 7])
        for (const stride of [1, 2, 3])
          for (let padding = 0; padding <= kernel / 2; padding++) {
            const size = [height, width] as const;
            if (Math.min(...size) + 2 * padding < kernel) continue;
            const chosen = choosePadding(size, { kernel, stride, padding });
            ways[chosen.way]++;
            for (const [i, length] of size.entries()) {
              const margin =
                chosen.way === 'pad'
                  ? [chosen.rows, chosen.columns][i]!
                  : chosen.way === 'same'
                    ? sameMargin(length, kernel, stride)
                    : ([0, 0] as const);
              expect(windowStarts(length, kernel, stride, margin), `${size} ${kernel} ${stride} ${padding}`).toEqual(
                windowStarts(length, kernel, stride, [padding, padding]),
              );
            }
          }
  for (const count of Object.values(ways)) expect(count).toBeGreaterThan(50);
});
