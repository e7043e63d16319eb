import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { DataStorage, type TensorInfo } from '@tensorflow/tfjs-core';
import type { TensorData } from './tensor-data.ts';

type DataId = TensorInfo['dataId'];
/** What tfjs's back end keeps of a tensor; `TensorData` has that form. */
type Entry = MathBackendCPU['data'] extends DataStorage<infer E> ? E : never;

/** The id of a tensor's numbers, with the numbers in it: finding them costs no look-up in a hash table. */
export class NumbersId {
  readonly owner: NumbersStorage;
  readonly id: number;
  numbers: TensorData | undefined;

  constructor(owner: NumbersStorage, id: number) {
    this.owner = owner;
    this.id = id;
  }
}

/** tfjs's storage of what a back end holds, by ids that carry it; other back ends' ids are kept as tfjs does. */
export class NumbersStorage extends DataStorage<Entry> {
  #count = 0;
  #lastId = 0;

  makeId(): NumbersId {
    return new NumbersId(this, --this.#lastId);
  }

  override get(dataId: DataId): Entry {
    const own = this.#own(dataId);
    // Without numbers in it, tfjs fetches them from the back end that has them.
    return own?.numbers ?? super.get(dataId);
  }

  override set(dataId: DataId, entry: Entry): void {
    const own = this.#own(dataId);
    if (!own) {
      super.set(dataId, entry);
      return;
    }
    if (!own.numbers) this.#count++;
    own.numbers = entry as TensorData; // The back end makes no other entries.
  }

  override has(dataId: DataId): boolean {
    const own = this.#own(dataId);
    return own ? own.numbers !== undefined : super.has(dataId);
  }

  override delete(dataId: DataId): boolean {
    const own = this.#own(dataId);
    if (!own) return super.delete(dataId);
    const had = own.numbers !== undefined;
    if (had) this.#count--;
    own.numbers = undefined;
    return had;
  }

  override numDataIds(): number {
    return super.numDataIds() + this.#count;
  }

  #own(dataId: DataId): NumbersId | undefined {
    return dataId instanceof NumbersId && dataId.owner === this ? dataId : undefined;
  }
}
