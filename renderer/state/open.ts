import type { Dropped } from '../../shared/ipc/topics/app.ts';
import { datasets } from './datasets.svelte.ts';
import { navigation } from './navigation.svelte.ts';

/** Shows an opened dataset on its page, or an opened recipe as a new run. */
export async function showOpened(opened: Dropped): Promise<void> {
  switch (opened.kind) {
    case 'dataset':
      await datasets.load();
      navigation.go({ place: 'datasets', dataset: opened.dataset.id });
      break;
    case 'recipe':
      navigation.go({ place: 'new-run', recipe: { name: opened.name, recipe: opened.recipe } });
      break;
    default:
      opened satisfies never;
  }
}
