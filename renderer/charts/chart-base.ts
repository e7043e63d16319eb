import { formatNumber } from '../../shared/text/format.ts';
import { shorten } from '../../shared/text/shorten.ts';
import type { ChartOption } from './echarts.ts';
import type { ChartPalette } from './palette.ts';

export interface Axis {
  /** What it measures: "Loss". */
  name: string;
  /** Its unit, if any: "epochs", "ms". */
  unit?: string;
  /** Formats its numbers, with at most four digits. */
  format?: (value: number) => string;
  min?: number;
  max?: number;
  log?: boolean;
}

/** Formats a value for its axis. */
export function formatValue(axis: Axis, value: number): string {
  return axis.format?.(value) ?? formatNumber(value);
}

export function nameAxis({ name, unit }: Axis): string {
  return unit ? `${name} (${unit})` : name;
}

/** Options that all charts share. Tooltips are drawn on the canvas, so text from the data never becomes markup. */
export function createBase(palette: ChartPalette, description: string, animated: boolean): ChartOption {
  return {
    animation: animated,
    animationDuration: 160,
    animationDurationUpdate: 160,
    textStyle: { fontFamily: palette.font, fontSize: 11, color: palette['text-muted'] },
    aria: { enabled: true, label: { description: description.trim() } },
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

/** Style of a value axis, with its name along it. */
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
      // The last measured value is seldom round.
      ...(side === 'x' ? { showMaxLabel: false } : {}),
      hideOverlap: true,
      formatter: (value: number) => formatValue(axis, value),
    },
    splitLine: { show: side === 'y', lineStyle: { color: palette.border } },
  };
}

/** Of most letters at 11 pixels. */
const LETTER_WIDTH = 6;

/** Style of an axis of names. If there are many, only some are written. */
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
      // Names of layers and classes often differ only at their ends.
      formatter: (name: string) => shorten(name, Math.floor(room / LETTER_WIDTH)),
      interval: (index: number) => index % every === 0,
      ...(side === 'x' && names.length > 6 ? { rotate: 45 } : {}),
    },
  };
}
