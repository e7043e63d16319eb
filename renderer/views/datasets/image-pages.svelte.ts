import type { Result } from '../../../shared/ipc/contract.ts';
import { asFailure, type RequestFailure } from '../../bridge.ts';

type Page = Result<'datasets.images'>;
export type DatasetImage = Page['images'][number];

const PAGE = 60;
/** The most thumbnails at once: more would take too much memory and help nobody. */
const MOST = 1200;

/** A list of images that grows page by page, up to a limit. */
export class ImagePages {
  images = $state.raw<readonly DatasetImage[]>([]);
  failure = $state.raw<RequestFailure | null>(null);
  pending = $state(false);
  #total = $state(0);
  readonly #ask: (offset: number, limit: number) => Promise<Page>;

  constructor(ask: (offset: number, limit: number) => Promise<Page>) {
    this.#ask = ask;
  }

  /** How many more could be shown. */
  get left(): number {
    return Math.min(this.#total, MOST) - this.images.length;
  }

  async more(): Promise<void> {
    if (this.pending) return;
    this.pending = true;
    try {
      const { total, images } = await this.#ask(this.images.length, PAGE);
      this.#total = total;
      this.images = [...this.images, ...images];
      this.failure = null;
    } catch (cause) {
      this.failure = asFailure(cause);
    } finally {
      this.pending = false;
    }
  }
}
