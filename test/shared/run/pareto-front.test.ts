import { describe, expect, it } from 'vitest';
import { findParetoFront } from '../../../shared/run/pareto-front.ts';

const axes = { cost: (point: Point): number => point.cost, gain: (point: Point): number => point.gain };
interface Point {
  cost: number;
  gain: number;
}

describe('findParetoFront', () => {
  it('keeps what nothing beats, by rising cost', () => {
    const points = [
      { cost: 3, gain: 0.9 },
      { cost: 1, gain: 0.7 },
      { cost: 2, gain: 0.65 },
      { cost: 2, gain: 0.8 },
      { cost: 4, gain: 0.9 },
    ];
    expect(findParetoFront(points, axes)).toEqual([points[1], points[3], points[0]]);
  });

  it('takes the first of equal points, and nothing from nothing', () => {
    const [first, second] = [
      { cost: 1, gain: 0.5 },
      { cost: 1, gain: 0.5 },
    ];
    expect(findParetoFront([first!, second!], axes)).toEqual([first]);
    expect(findParetoFront([], axes)).toEqual([]);
  });

  it('agrees with comparing every pair, on many drawn points', () => {
    // Park and Miller's generator: the same points every time.
    let state = 7;
    const draw = (): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const points = Array.from({ length: 500 }, () => ({ cost: draw(), gain: draw() }));
    const unbeaten = points.filter(
      (point) => !points.some((other) => other !== point && other.cost <= point.cost && other.gain >= point.gain),
    );
    expect(findParetoFront(points, axes)).toEqual(unbeaten.sort((a, b) => a.cost - b.cost));
  });
});
