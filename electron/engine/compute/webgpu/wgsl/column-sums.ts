import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../backend.ts';
import { defineProgram, type ElementType, elementType, type ProgramSource, type Width, widthOf } from '../program.ts';

/** Bytes of a workgroup's memory that every device has. */
const WORKGROUP_BYTES = 16384;

export type SumVariant = {
  readonly width: Width;
  readonly lanes: Lanes;
  /** In a workgroup; they share the rows of as many columns as there are lanes. */
  readonly invocations: 128 | 256;
};
/** Columns (of `width` values) that lie side by side in a workgroup: as few as fill a memory access where there are few. */
export type Lanes = 8 | 32;

export interface SumParts extends Pick<ProgramSource, 'writes' | 'reads' | 'declarations'> {
  readonly uniforms?: ProgramSource['uniforms'];
  /** Sums that are formed at once. */
  readonly terms: number;
  /** Statements once for a column, before the rows. They see `column` and `matrix`. */
  readonly prepare?: string;
  /** Statements that add to `sums[0]`, …; they see `column`, `matrix`, `row` (in its matrix) and `i`, the element's number. */
  readonly add: string;
  /** Statements that store `sums` of a `column`. */
  readonly finish: string;
}

/**
 * Sums down the columns of matrices `[matrices, rows, columns]`, several at once, of whatever is made of their elements.
 * Neighbouring invocations take neighbouring columns; those of a workgroup that share a column join their sums in the
 * workgroup's memory, always in the same order. The uniforms `rows`, `columns` (in vectors) and `rowsOfPart` are declared
 * here: `group.x` counts columns, `group.y` parts of the rows, `group.z` matrices.
 */
export function columnSums(variant: SumVariant, parts: SumParts): ProgramSource {
  const type = elementType(variant.width);
  const { lanes, invocations } = variant;
  const down = invocations / lanes;
  const { terms, uniforms, declarations = '', prepare = '', add, finish } = parts;
  return {
    writes: parts.writes,
    reads: parts.reads,
    uniforms: { rows: 'u32', columns: 'u32', rowsOfPart: 'u32', ...uniforms },
    workgroup: [lanes, down],
    declarations: `var<workgroup> joined: array<array<${type}, ${terms}>, ${invocations}>;
${declarations}`,
    main: `
  let column = group.x * ${lanes}u + local.x;
  let matrix = group.z;
  var sums: array<${type}, ${terms}>;
  if (column < u.columns) {
    ${prepare}
    let end = min((group.y + 1u) * u.rowsOfPart, u.rows);
    for (var row = group.y * u.rowsOfPart + local.y; row < end; row += ${down}u) {
      let i = (matrix * u.rows + row) * u.columns + column;
      ${add}
    }
  }
  joined[lane] = sums;
  for (var half = ${down / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.y < half) {
      for (var term = 0u; term < ${terms}u; term++) { joined[lane][term] += joined[lane + half * ${lanes}u][term]; }
    }
  }
  if (local.y > 0u || column >= u.columns) { return; }
  sums = joined[lane];
  ${finish}`,
  };
}

/** Statement of `finish` that writes the sums of one part: `[matrices, parts, terms, columns]`. */
export function storeParts(terms: number): string {
  return `for (var term = 0u; term < ${terms}u; term++) {
    partial[((matrix * groups.y + group.y) * ${terms}u + term) * u.columns + column] = sums[term];
  }`;
}

/** Enough workgroups to keep a card busy; more would only make more parts to be joined. */
const BUSY_GROUPS = 512;

export interface SumPlan {
  readonly variant: SumVariant;
  readonly parts: number;
  readonly uniforms: { readonly rows: number; readonly columns: number; readonly rowsOfPart: number };
  readonly groups: [x: number, y: number, z: number];
}

/** How to sum matrices `[matrices, rows, columns]`: `columns` counts single values, `terms` the sums formed at once. */
export function planSums(
  { matrices = 1, rows, columns }: { matrices?: number; rows: number; columns: number },
  { terms = 1, inOnePart = false } = {},
): SumPlan {
  const width = widthOf(columns);
  const vectors = columns / width;
  const lanes: Lanes = vectors > 16 ? 32 : 8;
  const across = Math.ceil(vectors / lanes);
  const invocations = 256 * terms * width * 4 <= WORKGROUP_BYTES ? 256 : 128;
  const rowsAtOnce = invocations / lanes;
  const most = Math.max(1, Math.floor(BUSY_GROUPS / (across * matrices)));
  const parts = inOnePart ? 1 : Math.min(most, Math.ceil(rows / (rowsAtOnce * 8)));
  const rowsOfPart = Math.ceil(rows / parts / rowsAtOnce) * rowsAtOnce;
  const used = Math.ceil(rows / rowsOfPart);
  return {
    variant: { width, lanes, invocations },
    parts: used,
    uniforms: { rows, columns: vectors, rowsOfPart },
    groups: [across, used, matrices],
  };
}

const plainSums = defineProgram('sums', (variant: SumVariant) => {
  const type: ElementType = elementType(variant.width);
  return columnSums(variant, {
    writes: { y: type },
    reads: { x: type },
    uniforms: { factor: 'f32' },
    terms: 1,
    add: 'sums[0] += x[i];',
    finish: 'y[(matrix * groups.y + group.y) * u.columns + column] = u.factor * sums[0];',
  });
});

/**
 * Sums down the columns of `x` read as `[matrices, rows, columns]`, times `factor`, into a new tensor of the given shape, which
 * has `matrices · columns` values.
 */
export function sumColumns(
  backend: DeviceBackend,
  x: TensorInfo,
  size: { matrices?: number; rows: number; columns: number },
  { shape, factor = 1 }: { shape: readonly number[]; factor?: number },
): TensorInfo {
  const { matrices = 1, columns } = size;
  const first = planSums(size);
  if (first.parts === 1) {
    const y = backend.makeOutput(shape);
    backend.launch(plainSums(first.variant), { x, y }, { ...first.uniforms, factor }, first.groups);
    return y;
  }
  const partial = backend.makeOutput([matrices, first.parts, columns]);
  backend.launch(plainSums(first.variant), { x, y: partial }, { ...first.uniforms, factor: 1 }, first.groups);
  const y = joinParts(backend, partial, { matrices, parts: first.parts, columns }, { shape, factor });
  backend.disposeData(partial.dataId);
  return y;
}

/** Sums partial results `[matrices, parts, columns]` over their parts, times `factor`, into a new tensor of the given shape. */
export function joinParts(
  backend: DeviceBackend,
  partial: TensorInfo,
  { matrices = 1, parts, columns }: { matrices?: number; parts: number; columns: number },
  { shape, factor = 1 }: { shape: readonly number[]; factor?: number },
): TensorInfo {
  const plan = planSums({ matrices, rows: parts, columns }, { inOnePart: true });
  const y = backend.makeOutput(shape);
  backend.launch(plainSums(plan.variant), { x: partial, y }, { ...plan.uniforms, factor }, plan.groups);
  return y;
}
