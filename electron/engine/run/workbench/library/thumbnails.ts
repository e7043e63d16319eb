import { Keeper } from '../../../core/keeper.ts';
import { limitParallel } from '../../../core/limit-parallel.ts';
import { makeThumbnail } from '../../../data/index.ts';
import type { Shelf } from './shelf.ts';

const MOST_BYTES = 64 * 2 ** 20;
/** The files of images that wait to be decoded are not read yet. */
const PARALLEL = 4;

/** Small pictures of images, those asked for last kept in memory. */
export class Thumbnails {
  readonly #shelf: Shelf;
  readonly #made = new Keeper<Uint8Array<ArrayBuffer>>({ limit: MOST_BYTES, weigh: (bytes) => bytes.byteLength });
  readonly #inTurn = limitParallel(PARALLEL);

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /**
   * A JPEG of an image of a dataset, square, `size` pixels a side at most. It is not the caller's to change.
   *
   * @throws DecantError as `Shelf.use`; `image.unreadable`
   */
  read(dataset: string, image: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
    const make = () =>
      this.#inTurn(() =>
        this.#shelf.use(dataset, ({ files }) => files.read(image, (bytes) => makeThumbnail(bytes, size))),
      );
    return this.#made.use(`${dataset}/${image}/${size}`, make, (bytes) => bytes);
  }
}
