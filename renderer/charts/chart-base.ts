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
      hideOverlap: true,
      ...(axis.format ? { formatter: axis.format } : {}),
    },
    splitLine: { show: side === 'y', lineStyle: { color: palette.border } },
  };
}
