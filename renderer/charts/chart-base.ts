import { formatNumber } from '../../shared/text/format.ts';
import type { ChartOption } from './echarts.ts';
import type { ChartPalette } from './palette.ts';

export interface Axis {
  /** What it measures: "Loss". */
  name: string;
  /** In what: "epochs", "ms"; nothing where it has no unit. */
  unit?: string;
  /** How its numbers are written; at most four digits. */
  format?: (value: number) => string;
  min?: number;
  max?: number;
  log?: boolean;
}

/** A value as its axis writes it. */
export function formatValue(axis: Axis, value: number): string {
  return axis.format?.(value) ?? formatNumber(value);
}

export function nameAxis({ name, unit }: Axis): string {
  return unit ? `${name} (${unit})` : name;
}

/** What all charts have in common. Tooltips are drawn on the canvas: no text of the data ever becomes markup. */
export function createBase(palette: ChartPalette, description: string, animated: boolean): ChartOption {
  return {
    animation: animated,
    animationDuration: 160,
    animationDurationUpdate: 160,
    textStyle: { fontFamily: palette.font, fontSize: 11, color: palette['text-muted'] },
    aria: { enabled: true, label: { description } },
    tooltip: {
      renderMode: 'richText',
      confine: true,
      backgroundColor: palette.raised,
      borderColor: palette.border,
      borderWidth: 1,
      padding: [6, 8],
      textStyle: { fontFamily: palette.font, fontSize: 11, color: palette.text, lineHeight: 16 },
    },
  };
}

/** The looks of a value axis, with its name along it. */
export function styleAxis(palette: ChartPalette, axis: Axis, side: 'x' | 'y', gap: number): Record<string, unknown> {
  return {
    type: axis.log ? 'log' : 'value',
    name: nameAxis(axis),
    nameLocation: 'middle',
    nameGap: gap,
    nameTextStyle: { color: palette['text-muted'], fontSize: 11 },
    scale: true,
    ...(axis.min === undefined ? {} : { min: axis.min }),
    ...(axis.max === undefined ? {} : { max: axis.max }),
    axisLine: { show: side === 'x', lineStyle: { color: palette['border-strong'] } },
    axisTick: { show: false },
    axisLabel: {
      color: palette['text-muted'],
      fontSize: 11,
      // The ends of what was measured are seldom round.
      ...(side === 'x' ? { showMaxLabel: false } : {}),
      hideOverlap: true,
      formatter: (value: number) => formatValue(axis, value),
    },
    splitLine: { show: side === 'y', lineStyle: { color: palette.border } },
  };
}

/** The looks of an axis of names. Of very many, some are written. */
export function styleCategories(
  palette: ChartPalette,
  axis: Axis,
  names: readonly string[],
  { side, gap, room }: { side: 'x' | 'y'; gap: number; room: number },
): Record<string, unknown> {
  const every = Math.ceil(names.length / (side === 'x' ? 24 : 28));
  return {
    type: 'category',
    data: names,
    name: nameAxis(axis),
    nameLocation: 'middle',
    nameGap: gap,
    nameTextStyle: { color: palette['text-muted'], fontSize: 11 },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: {
      color: palette['text-muted'],
      fontSize: 11,
      width: room,
      overflow: 'truncate',
      interval: (index: number) => index % every === 0,
      ...(side === 'x' && names.length > 6 ? { rotate: 45 } : {}),
    },
  };
}
