/** Which of two colours a point shows, 0 to 1, at coordinates in periods of the texture. */
export type Texture = (u: number, v: number) => number;

const plain: Texture = () => 0.5;
const striped: Texture = (u) => soften(Math.sin(2 * Math.PI * u));
const checked: Texture = (u, v) => soften(Math.sin(2 * Math.PI * u) * Math.sin(2 * Math.PI * v) * 1.6);

export const TEXTURES = { plain, striped, checked } as const;
export type TextureName = keyof typeof TEXTURES;

/** Steep but not a step, so that small pictures do not alias. */
function soften(wave: number): number {
  return Math.min(1, Math.max(0, 0.5 + 1.2 * wave));
}
