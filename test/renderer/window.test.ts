import './bare-page.ts';
import { render } from 'svelte/server';
import { expect, it } from 'vitest';
import App from '../../renderer/App.svelte';
import { navigation, type Route } from '../../renderer/state/navigation.svelte.ts';

const run = '01run0000001';

/** Every place, by the heading that it has before anything is answered. */
const ROUTES: Readonly<Record<string, Route>> = {
  Datasets: { place: 'datasets' },
  'New run': { place: 'new-run' },
  Runs: { place: 'runs' },
  Run: { place: 'run', run },
  Compare: { place: 'compare', runs: [run] },
  Try: { place: 'try' },
  Export: { place: 'export' },
  Settings: { place: 'settings' },
};

it.each(Object.entries(ROUTES))('draws %s while nothing is answered', (heading, route) => {
  navigation.go(route);
  const { body } = render(App);
  expect([...body.matchAll(/<h1[^>]*>(.*?)<\/h1>/g)].map(([, text]) => text)).toEqual([heading]);
  expect(body).toMatch(/<nav[^>]*aria-label="Main"/);
  expect(body).not.toMatch(/undefined|NaN|\[object/);
});
