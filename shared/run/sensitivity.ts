import type { Cut, LayerSensitivity } from './report.ts';

/** What each layer of a network loses with a share of its channels, for charts. */
export interface SensitivityMap {
  readonly layers: readonly string[];
  /** Shares of a layer's channels, rising. */
  readonly shares: readonly number[];
  /** By share and layer: by how much top-1 falls, from 0 to 1; null where the layer is too narrow for such a share. */
  readonly drops: readonly (readonly (number | null)[])[];
  /** Before anything was removed. */
  readonly top1: number;
  /** The layer that loses most with the largest share; null where none loses anything. */
  readonly most: { readonly layer: string; readonly share: number; readonly drop: number } | null;
}

/** Shares after whose removal layers are judged; wide layers are close to them. */
const SHARES = [0.125, 0.25, 0.5, 0.75] as const;
/** How far a narrow layer's share may be from one of these. */
const NEAR = 0.07;

/** Arranges what was measured before a cut; null where nothing was. */
export function arrangeSensitivity(layers: readonly LayerSensitivity[]): SensitivityMap | null {
  const [first] = layers;
  if (!first) return null;
  const top1 = first.points[0]!.top1; // There is at least the whole network.
  const drops = SHARES.map((share) =>
    layers.map(({ channels, points }) => {
      const near = points
        .slice(1)
        .map((point) => ({ ...point, off: Math.abs(point.removed / channels - share) }))
        .sort((a, b) => a.off - b.off)[0];
      return near && near.off <= NEAR ? top1 - near.top1 : null;
    }),
  );
  const worst = layers
    .map(({ layer }, i) => ({ layer, share: SHARES.at(-1)!, drop: drops.at(-1)![i] ?? 0 }))
    .reduce((most, each) => (each.drop > most.drop ? each : most));
  return {
    layers: layers.map(({ layer }) => layer),
    shares: SHARES,
    drops,
    top1,
    most: worst.drop > 0 ? worst : null,
  };
}

/** The cuts before which sensitivity was measured. */
export function listMeasuredCuts(cuts: readonly Cut[]): (Cut & { sensitivity: LayerSensitivity[] })[] {
  return cuts.flatMap((cut) =>
    cut.sensitivity && cut.sensitivity.length > 0 ? [{ ...cut, sensitivity: cut.sensitivity }] : [],
  );
}
