import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core';

interface Options {
  scroller: () => HTMLElement | undefined;
  count: () => number;
  /** Height of every row, pixels. */
  rowHeight: () => number;
}

/** The visible rows of a scrolling element, as state. Call it during component setup. */
export function createVirtualizer({ scroller, count, rowHeight }: Options): {
  readonly items: VirtualItem[];
  readonly size: number;
  scrollTo(index: number): void;
} {
  let items = $state.raw<VirtualItem[]>([]);
  let size = $state(0);
  const options = () => ({
    count: count(),
    getScrollElement: () => scroller() ?? null,
    estimateSize: rowHeight,
    overscan: 8,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: update,
  });
  const virtualizer = new Virtualizer<HTMLElement, HTMLElement>(options());

  function update(): void {
    items = virtualizer.getVirtualItems();
    size = virtualizer.getTotalSize();
  }

  $effect(() => {
    scroller();
    const unmount = virtualizer._didMount();
    virtualizer._willUpdate();
    update();
    return unmount;
  });
  $effect(() => {
    virtualizer.setOptions(options());
    virtualizer.measure();
    virtualizer._willUpdate();
    update();
  });

  return {
    get items() {
      return items;
    },
    get size() {
      return size;
    },
    scrollTo: (index) => virtualizer.scrollToIndex(index, { align: 'auto' }),
  };
}
