interface Box {
  readonly y: number;
  readonly height: number;
}

/**
 * A layout that pushes each label below those before it, which must come from the top. For one drawing of one series:
 * ECharts asks again when the chart is resized, and then gives boxes where they were last pushed to.
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
