import { describe, expect, it } from 'vitest';
import { summarizeWidths } from '../../../renderer/charts/layer-widths.ts';

describe('summarizeWidths', () => {
  it('sums up widths, and names the layer that lost most', () => {
    const layers = [
      { name: 'a', before: 32, after: 32 },
      { name: 'b', before: 100, after: 30 },
      { name: 'c', before: 200, after: 100 },
    ];
    expect(summarizeWidths(layers)).toEqual({ before: 332, after: 162, most: layers[1] });
    expect(summarizeWidths(layers.slice(0, 1)).most).toBeNull();
    expect(summarizeWidths([])).toEqual({ before: 0, after: 0, most: null });
  });
});
