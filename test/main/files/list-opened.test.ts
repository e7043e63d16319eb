import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { listOpened } from '../../../electron/main/files/list-opened.ts';

const here = resolve('here');

it('finds recipes among what a system and Electron put on a command line', () => {
  const argv = ['decant', '--no-sandbox', '--flag=x.decant', '.', 'a.decant', 'notes.txt', 'b/C.DECANT'];
  expect(listOpened(argv, here)).toEqual([resolve(here, 'a.decant'), resolve(here, 'b/C.DECANT')]);
});

it('does not take the program for a file', () => {
  expect(listOpened(['/opt/my.decant'], here)).toEqual([]);
});

it('understands the addresses by which desktops name files', () => {
  const path = resolve('/photos/été 50 %.decant');
  expect(listOpened(['decant', pathToFileURL(path).href], here)).toEqual([path]);
});

it('leaves out addresses that name no file here', () => {
  const addresses = ['file://elsewhere/%00.decant', 'file:///a%2Fb.decant', 'file:///%ff.decant'];
  expect(listOpened(['decant', ...addresses], here)).toEqual([]);
});
