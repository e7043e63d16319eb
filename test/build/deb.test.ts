import { expect, it } from 'vitest';
import { describeTypes } from '../../build/deb.ts';

it('tells desktops the type of a file, its name and its ending', () => {
  const text = describeTypes([
    { ext: 'decant', name: 'Decant recipe', mimeType: 'application/x-decant-recipe' },
    { ext: 'other', name: 'Another', mimeType: 'application/x-other' },
  ]);
  expect(text).toMatch(/^<[?]xml version="1.0" encoding="UTF-8"[?]>\n<mime-info xmlns="http:.*\/shared-mime-info">\n/);
  const types = text.match(/<mime-type .*?<\/mime-type>/gs);
  expect(types).toHaveLength(2);
  expect(types?.[0]).toContain('type="application/x-decant-recipe"');
  expect(types?.[0]).toContain('<comment>Decant recipe</comment>');
  expect(types?.[0]).toContain('<glob pattern="*.decant"/>');
  expect(types?.[1]).toContain('<glob pattern="*.other"/>');
});
