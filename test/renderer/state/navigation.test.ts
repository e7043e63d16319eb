import { expect, it } from 'vitest';
import { navigation } from '../../../renderer/state/navigation.svelte.ts';

it('goes back and forward over what was visited, and forgets what was ahead after another step', () => {
  navigation.go({ place: 'runs' });
  navigation.go({ place: 'settings' });
  navigation.back();
  expect([navigation.route.place, navigation.canGoForward]).toEqual(['runs', true]);
  navigation.forward();
  expect(navigation.route.place).toBe('settings');
  navigation.back();
  navigation.go({ place: 'try' });
  expect([navigation.route.place, navigation.canGoForward]).toEqual(['try', false]);
  navigation.back();
  navigation.back();
  expect([navigation.route.place, navigation.canGoBack]).toEqual(['datasets', false]);
  navigation.back();
  expect(navigation.route.place).toBe('datasets');
});

it('replaces a route without a step, and keeps the view', () => {
  navigation.go({ place: 'settings' });
  const { id } = navigation;
  navigation.replace({ place: 'settings', section: 'storage' });
  expect(navigation.id).toBe(id);
  navigation.go({ place: 'runs' });
  navigation.back();
  expect(navigation.route).toEqual({ place: 'settings', section: 'storage' });
});

it('visits a place as it was last seen, and from there its beginning', () => {
  navigation.go({ place: 'compare', runs: ['a', 'b'] });
  navigation.go({ place: 'runs' });
  navigation.visit('compare');
  expect(navigation.route).toEqual({ place: 'compare', runs: ['a', 'b'] });
  navigation.visit('compare');
  expect(navigation.route).toEqual({ place: 'compare', runs: [] });
});

it('keeps how far each view was scrolled', () => {
  navigation.go({ place: 'runs' });
  navigation.keepScroll(navigation.id, 120);
  navigation.go({ place: 'datasets' });
  expect(navigation.scrollTop).toBe(0);
  navigation.back();
  expect(navigation.scrollTop).toBe(120);
});

it('remembers a hundred steps', () => {
  for (let step = 0; step < 150; step++) navigation.go({ place: 'run', run: `run${step}` });
  let steps = 0;
  while (navigation.canGoBack) {
    navigation.back();
    steps++;
  }
  expect(steps).toBe(99);
});
