interface Box {
  readonly y: number;
  readonly height: number;
}

/**
 * A layout that moves each label below the ones before it; labels must be ordered from the top. Valid for one drawing of
 * one series: after a resize, ECharts calls it again with the boxes where it last moved them.
 */
export function stackLabels(): (label: { dataIndex?: number; labelRect: Box }) => { dy: number } {
  const bottoms: number[] = [];
  const pushed: number[] = [];
  return ({ dataIndex = 0, labelRect }) => {
    const wanted = labelRect.y - (pushed[dataIndex] ?? 0);
    const free = dataIndex === 0 ? Number.NEGATIVE_INFINITY : (bottoms[dataIndex - 1] ?? Number.NEGATIVE_INFINITY);
    const top = Math.max(wanted, free);
    bottoms[dataIndex] = top + labelRect.height;
    pushed[dataIndex] = top - wanted;
    return { dy: top - wanted };
  };
}
