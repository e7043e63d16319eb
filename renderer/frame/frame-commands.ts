import { MENU_SHORTCUTS } from '../../shared/ipc/menu-shortcuts.ts';
import { ask } from '../bridge.ts';
import type { Command } from '../state/commands.svelte.ts';
import { datasets } from '../state/datasets.svelte.ts';
import { navigation } from '../state/navigation.svelte.ts';
import { settings } from '../state/settings.svelte.ts';
import { theme } from '../state/theme.svelte.ts';
import { work } from '../state/work.svelte.ts';
import { inspector } from './inspector.svelte.ts';
import { PLACES } from './places.ts';

/** Commands that are available everywhere. */
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
    { id: 'app.find', label: 'Find anything', group: 'Decant', shortcut: MENU_SHORTCUTS.find, run: show.palette },
    {
      id: 'app.shortcuts',
      label: 'Keyboard shortcuts',
      group: 'Decant',
      shortcut: MENU_SHORTCUTS.shortcuts,
      aliases: ['?'],
      run: show.shortcuts,
    },
    {
      id: 'app.inspector',
      label: 'Show or hide the inspector',
      group: 'Decant',
      shortcut: 'Mod+I',
      run: () => inspector.toggle(),
    },
    {
      id: 'app.theme',
      label: theme.resolved === 'dark' ? 'Switch to light theme' : 'Switch to dark theme',
      group: 'Decant',
      keywords: 'appearance colors colours night',
      run: () => settings.change({ theme: theme.resolved === 'dark' ? 'light' : 'dark' }),
    },
    {
      id: 'dataset.folder',
      label: 'Open dataset folder…',
      group: 'Open',
      shortcut: MENU_SHORTCUTS['open-dataset'],
      run: () => pickDataset('folder'),
    },
    {
      id: 'dataset.zip',
      label: 'Open dataset .zip…',
      group: 'Open',
      shortcut: 'Mod+Shift+O',
      run: () => pickDataset('zip'),
    },
    {
      id: 'recipe.open',
      label: 'Open recipe…',
      group: 'Open',
      keywords: 'decant json',
      shortcut: MENU_SHORTCUTS['open-recipe'],
      run: openRecipe,
    },
  ];
}

/** Lets the user choose a folder or archive, reads it and shows the dataset. */
export async function pickDataset(kind: 'folder' | 'zip'): Promise<void> {
  const dataset = await work.run('Reading dataset', (id) => ask('datasets.pick', { kind, work: id }));
  if (!dataset) return;
  await datasets.load();
  navigation.go({ place: 'datasets', dataset: dataset.id });
}

/** Lets the user choose a recipe file and opens a new run with it. */
export async function openRecipe(): Promise<void> {
  const recipe = await ask('recipes.open', {});
  if (recipe) navigation.go({ place: 'new-run', recipe });
}
