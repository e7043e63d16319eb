/** Zeros before and after an image's rows, or columns. */
export type Margin = readonly [before: number, after: number];

/** How a runtime that knows only TensorFlow's two ways of padding is to slide a window. */
export type WindowPadding =
  | { readonly way: 'same' | 'valid' }
  /** Pad first, then slide without padding. */
  | { readonly way: 'pad'; readonly rows: Margin; readonly columns: Margin };

/**
 * Padding with `padding` zeros on every side in TensorFlow's terms. Its `same` puts the odd zero at the end, so that windows of
 * stride 2 over an even number of pixels have to be padded beforehand.
 *
 * @param size of the image, `[height, width]`
 */
export function choosePadding(
  size: readonly [number, number],
  { kernel, stride, padding }: { kernel: number; stride: number; padding: number },
): WindowPadding {
  if (padding === 0) return { way: 'valid' };
  const margins = size.map((length): { margin: Margin; same: boolean } => {
    const windows = Math.floor((length + 2 * padding - kernel) / stride) + 1;
    // Zeros at the end that no window reaches are left out.
    const after = Math.max(0, (windows - 1) * stride + kernel - length - padding);
    const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + kernel - length);
    const same = windows === Math.ceil(length / stride) && Math.floor(total / 2) === padding;
    return { margin: [padding, after], same };
  });
  if (margins.every(({ same }) => same)) return { way: 'same' };
  const [rows, columns] = margins as [(typeof margins)[0], (typeof margins)[0]]; // One for each of two lengths.
  return { way: 'pad', rows: rows.margin, columns: columns.margin };
}
