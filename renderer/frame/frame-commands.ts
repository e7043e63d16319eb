import { ask } from '../bridge.ts';
import type { Command } from '../state/commands.svelte.ts';
import { datasets } from '../state/datasets.svelte.ts';
import { navigation } from '../state/navigation.svelte.ts';
import { settings } from '../state/settings.svelte.ts';
import { theme } from '../state/theme.svelte.ts';
import { work } from '../state/work.svelte.ts';
import { inspector } from './inspector.svelte.ts';
import { PLACES } from './places.ts';

/** What can be done from everywhere. */
export function listFrameCommands(show: { palette: () => void; shortcuts: () => void }): Command[] {
  return [
    ...PLACES.map(({ place, label, shortcut }) => ({
      id: `go.${place}`,
      label,
      group: 'Go to',
      shortcut,
      run: () => navigation.visit(place),
    })),
    { id: 'go.back', label: 'Back', group: 'Go to', shortcut: 'Alt+ArrowLeft', run: () => navigation.back() },
    { id: 'go.forward', label: 'Forward', group: 'Go to', shortcut: 'Alt+ArrowRight', run: () => navigation.forward() },
    { id: 'app.find', label: 'Find anything', group: 'Decant', shortcut: 'Mod+K', run: show.palette },
    { id: 'app.shortcuts', label: 'Keyboard shortcuts', group: 'Decant', shortcut: '?', run: show.shortcuts },
    {
      id: 'app.inspector',
      label: 'Show or hide the inspector',
      group: 'Decant',
      shortcut: 'Mod+I',
      run: () => inspector.toggle(),
    },
    {
      id: 'app.theme',
      label: theme.resolved === 'dark' ? 'Light theme' : 'Dark theme',
      group: 'Decant',
      keywords: 'appearance colours night',
      run: () => settings.change({ theme: theme.resolved === 'dark' ? 'light' : 'dark' }),
    },
    {
      id: 'dataset.folder',
      label: 'Open a dataset folder…',
      group: 'Open',
      shortcut: 'Mod+O',
      run: () => pickDataset('folder'),
    },
    {
      id: 'dataset.zip',
      label: 'Open a dataset archive (.zip)…',
      group: 'Open',
      shortcut: 'Mod+Shift+O',
      run: () => pickDataset('zip'),
    },
    { id: 'recipe.open', label: 'Open a recipe…', group: 'Open', keywords: 'decant json', run: openRecipe },
  ];
}

/** Asks for a folder or an archive and shows what is in it. */
export async function pickDataset(kind: 'folder' | 'zip'): Promise<void> {
  const dataset = await work.run('Reading the dataset', (id) => ask('datasets.pick', { kind, work: id }));
  if (!dataset) return;
  await datasets.load();
  navigation.go({ place: 'datasets', dataset: dataset.id });
}

/** Asks for a recipe file and fills a new run with it. */
export async function openRecipe(): Promise<void> {
  const recipe = await ask('recipes.open', {});
  if (recipe) navigation.go({ place: 'new-run', recipe });
}
