import { DecantError } from '../core/errors.ts';
import { ByteReader } from './byte-location.ts';
import { countImages, type Dataset, imageAt } from './dataset.ts';

/** The files of a dataset's images, to be read by index. Holds an archive open; the caller closes it. */
export class ImageFiles {
  readonly #dataset: Pick<Dataset, 'name' | 'images' | 'unlabelled'>;
  readonly #reader: ByteReader;

  constructor(dataset: Pick<Dataset, 'name' | 'path' | 'kind' | 'images' | 'unlabelled'>) {
    this.#dataset = dataset;
    this.#reader = new ByteReader(dataset.kind === 'zip' ? dataset.path : null);
  }

  /**
   * The bytes of an image's file, and what `work` makes of them.
   *
   * @throws DecantError `image.unreadable` when there is no such image, or it cannot be worked with; `dataset.unreadable` or
   *   `dataset.changed` when its file cannot be read now or is another
   */
  async read<Result>(index: number, work: (bytes: Uint8Array) => Promise<Result>): Promise<Result> {
    const { name } = this.#dataset;
    const image = imageAt(this.#dataset, index);
    if (!image)
      throw new DecantError(
        'image.unreadable',
        `${name} has no image ${index}, only those from 0 to ${countImages(this.#dataset) - 1}.`,
        { index },
      );
    try {
      return await work(this.#reader.read(image.location));
    } catch (error) {
      if (!(error instanceof DecantError) || error.code !== 'image.unreadable') throw error;
      const message = `The image ${image.path} of ${name} cannot be shown: ${error.message}.`;
      throw new DecantError('image.unreadable', message, { index, path: image.path }, { cause: error });
    }
  }

  close(): void {
    this.#reader.close();
  }
}
