/** What every network here is fed: `(value / 255 - mean) / std` for red, green, blue, as in ImageNet training. */
export const NORMALIZATION = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;
