import type { Place } from '../state/navigation.svelte.ts';

/** What is dragged over the window, as far as the browser tells before the drop. */
export interface Held {
  readonly kind: string;
  readonly type: string;
}

export interface DropPlan {
  readonly accepted: boolean;
  readonly title: string;
  readonly text: string;
}

const ZIP = new Set(['application/zip', 'application/x-zip-compressed', 'application/x-zip']);

/** Says what a drop will do. */
export function planDrop(held: readonly Held[], place: Place): DropPlan {
  const files = held.filter(({ kind }) => kind === 'file');
  const [file] = files;
  if (!file) return refuse('This cannot be dropped here', 'Drop a folder or .zip of labelled images.');
  // The browser tells no type of a folder.
  if (files.length > 1)
    return files.every(({ type }) => type === '')
      ? accept('Open as a dataset', 'Each folder is a class. Drop all class folders of the dataset together.')
      : refuse('Drop one item at a time', 'Drop a single folder, .zip or recipe, or all class folders of a dataset.');
  if (ZIP.has(file.type))
    return accept('Open as a dataset', 'Decant reads the images from the .zip and leaves it where it is.');
  if (file.type === 'application/json') return accept('Open as a recipe', 'Decant starts a new run with its settings.');
  if (file.type.startsWith('image/'))
    return place === 'try'
      ? accept('Try this image', 'The teacher and the compressed student classify it.')
      : refuse(
          'A single image is not a dataset',
          'Drop a folder with one subfolder of images per class. To classify this image, drop it on the Try screen.',
        );
  if (file.type === '')
    return accept('Open as a dataset or recipe', 'Drop a folder of labelled images or a .decant recipe.');
  return refuse('This is not a dataset', 'A dataset is a folder or .zip with one subfolder of images per class.');
}

function accept(title: string, text: string): DropPlan {
  return { accepted: true, title, text };
}

function refuse(title: string, text: string): DropPlan {
  return { accepted: false, title, text };
}
