import type { Place } from '../state/navigation.svelte.ts';

/** What is held over the window, as far as the browser tells before it is let go. */
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

/** What will happen with what is held, in words. */
export function planDrop(held: readonly Held[], place: Place): DropPlan {
  const files = held.filter(({ kind }) => kind === 'file');
  const [file] = files;
  if (!file) return refuse('This cannot be dropped here', 'Drop a folder or a .zip of labelled images.');
  if (files.length > 1) return refuse('One at a time', 'Drop one folder, one .zip, or one recipe.');
  if (ZIP.has(file.type)) return accept('Open as a dataset', 'The archive stays where it is; Decant reads its images.');
  if (file.type === 'application/json') return accept('Open as a recipe', 'Its settings fill a new run.');
  if (file.type.startsWith('image/'))
    return place === 'try'
      ? accept('Try this image', 'Both networks say what they see.')
      : refuse(
          'A single image is not a dataset',
          'Drop the folder that holds one folder of images for each class, or drop the image on Try.',
        );
  if (file.type === '')
    return accept('Open as a dataset or a recipe', 'A folder of labelled images, or a .decant recipe, by what it is.');
  return refuse('This is no dataset', 'A dataset is a folder or .zip with one folder of images for each class.');
}

function accept(title: string, text: string): DropPlan {
  return { accepted: true, title, text };
}

function refuse(title: string, text: string): DropPlan {
  return { accepted: false, title, text };
}
