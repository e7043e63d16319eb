import { describe, expect, it } from 'vitest';
import { planDrop } from '../../../renderer/frame/drop-plan.ts';
import { matchText } from '../../../renderer/frame/match-text.ts';

describe('what is held over the window', () => {
  const file = (type: string) => [{ kind: 'file', type }];

  it.each([
    ['application/zip', 'datasets', true, 'Open as a dataset'],
    ['application/x-zip-compressed', 'compare', true, 'Open as a dataset'],
    ['', 'datasets', true, 'Open as a dataset or recipe'],
    ['application/json', 'runs', true, 'Open as a recipe'],
    ['image/png', 'try', true, 'Try this image'],
    ['image/png', 'datasets', false, 'A single image is not a dataset'],
    ['application/pdf', 'try', false, 'This is not a dataset'],
  ] as const)('%s on %s', (type, place, accepted, title) => {
    expect(planDrop(file(type), place)).toMatchObject({ accepted, title });
  });

  it('several files, or none, are refused', () => {
    expect(planDrop([...file('application/zip'), ...file('application/zip')], 'datasets').accepted).toBe(false);
    expect(planDrop([{ kind: 'string', type: 'text/plain' }], 'datasets').accepted).toBe(false);
  });
});

describe('matchText', () => {
  const best = (query: string, texts: string[]): string | undefined =>
    texts
      .map((text) => ({ text, score: matchText(query, text) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)[0]?.text;

  it('wants every word, and likes beginnings best', () => {
    expect(best('run new', ['New run', 'Runs'])).toBe('New run');
    expect(best('set', ['Dataset', 'Settings', 'asset'])).toBe('Settings');
    expect(best('flow bal', ['flowers12 · balanced', 'flowers12 · quick'])).toBe('flowers12 · balanced');
  });

  it('finds letters in their order, and nothing that is not there', () => {
    expect(matchText('dst', 'Dataset')).toBeGreaterThan(0);
    expect(matchText('xyz', 'Dataset')).toBe(0);
    expect(matchText('', 'Dataset')).toBeGreaterThan(0);
  });
});
