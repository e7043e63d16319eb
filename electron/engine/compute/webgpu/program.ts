/** A compute shader and the shape of what it is given. */
export interface Program {
  /** Names the code: two programs of one key are the same. */
  readonly key: string;
  readonly source: ProgramSource;
}

/** Values a vector load takes: 4 where the number of channels allows it, else 1. */
export type Width = 1 | 4;

/** Type of an array's elements. */
export type ElementType = 'f32' | 'vec4<f32>';

export interface ProgramSource {
  /** Arrays that are written (and may be read), by their name in the code, with the type of their elements. */
  readonly writes: Readonly<Record<string, ElementType>>;
  readonly reads: Readonly<Record<string, ElementType>>;
  /** Numbers, reached in the code as `u.<name>`. */
  readonly uniforms: Readonly<Record<string, 'u32' | 'f32'>>;
  readonly workgroup: readonly [x: number, y?: number];
  /** Declarations and functions. */
  readonly declarations?: string;
  /**
   * Statements of the entry point, which see `group`, `groups` (how many there are), `local` and `lane` (the number of the
   * invocation in its workgroup).
   */
  readonly main: string;
  /** Needs the device's `shader-f16`. */
  readonly half?: boolean;
}

type Variant = Readonly<Record<string, string | number | boolean>>;

/** A family of programs, written out once for each variant that is used. */
export function defineProgram<V extends Variant>(name: string, write: (variant: V) => ProgramSource) {
  const written = new Map<string, Program>();
  return (variant: V): Program => {
    const key = `${name} ${Object.values(variant).join(' ')}`;
    let program = written.get(key);
    if (program === undefined) {
      program = { key, source: write(variant) };
      written.set(key, program);
    }
    return program;
  };
}

/** The WGSL of a program: its bindings, writes first, then its own text. */
export function writeShader({ writes, reads, uniforms, workgroup, declarations, main, half }: ProgramSource): string {
  const arrays = [
    ...Object.entries(writes).map(([name, type]) => ({ access: 'read_write', name, type })),
    ...Object.entries(reads).map(([name, type]) => ({ access: 'read', name, type })),
  ];
  const bindings = arrays.map(
    ({ access, name, type }, i) => `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${type}>;`,
  );
  const fields = Object.entries(uniforms).map(([name, type]) => `  ${name}: ${type},`);
  return `${half ? 'enable f16;\n' : ''}
${bindings.join('\n')}
struct Uniforms {
${fields.join('\n')}
}
@group(0) @binding(${arrays.length}) var<uniform> u: Uniforms;
${declarations ?? ''}
@compute @workgroup_size(${workgroup.join(', ')})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
${main}
}
`;
}

/** Invocations in a workgroup of a program that does one thing for each element. */
export const ELEMENTS = 64;

/** First statement of such a program: `i` is the element's number; needs the uniform `count`. */
export const FOR_EACH_ELEMENT = `  let i = (group.y * groups.x + group.x) * ${ELEMENTS}u + lane;
  if (i >= u.count) { return; }`;

/** Most workgroups in one direction that every device allows. */
export const MAX_GROUPS = 65535;

/** Workgroups for such a program, spread over two directions where one does not hold them. */
export function groupsForElements(count: number): [x: number, y: number] {
  const groups = Math.ceil(count / ELEMENTS);
  const y = Math.ceil(groups / MAX_GROUPS);
  return [Math.ceil(groups / y), y];
}

/** How wide values are loaded whose innermost dimensions have these sizes. */
export function widthOf(...sizes: readonly number[]): Width {
  return sizes.every((size) => size % 4 === 0) ? 4 : 1;
}

export function elementType(width: Width): ElementType {
  return width === 4 ? 'vec4<f32>' : 'f32';
}
