interface Box {
  readonly y: number;
  readonly height: number;
}

/** A layout that pushes each label below those before it, which must come from the top. For one drawing of one series. */
export function stackLabels(): (label: { dataIndex?: number; labelRect: Box }) => { dy: number } {
  const bottoms: number[] = [];
  return ({ dataIndex = 0, labelRect }) => {
    const free = dataIndex === 0 ? Number.NEGATIVE_INFINITY : (bottoms[dataIndex - 1] ?? Number.NEGATIVE_INFINITY);
    const top = Math.max(labelRect.y, free);
    bottoms[dataIndex] = top + labelRect.height;
    return { dy: top - labelRect.y };
  };
}
