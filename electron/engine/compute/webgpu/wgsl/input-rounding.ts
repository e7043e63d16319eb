import type { InputRounding } from '../backend.ts';

/**
 * Declares `Half`, what four values of a matrix product's input are kept as in a workgroup's memory, and `narrow`, which
 * makes it of four f32. Sums and results are f32 always.
 */
export function inputRounding(rounding: InputRounding): string {
  switch (rounding) {
    case 'none':
      return `alias Half = vec4<f32>;
fn narrow(v: vec4<f32>) -> Half { return v; }`;
    case 'f16':
      // WGSL leaves open what becomes of a number that f16 cannot hold. Loss scaling must see that it was too large.
      return `alias Half = vec4<f16>;
fn narrow(v: vec4<f32>) -> Half {
  return Half(select(v, v * 3.0e38, abs(v) > vec4<f32>(65504.0)));
}`;
    case 'emulated':
      return `alias Half = vec4<f32>;
fn narrow(v: vec4<f32>) -> Half {
  return quantizeToF16(select(v, v * 3.0e38, abs(v) > vec4<f32>(65504.0)));
}`;
    default:
      return rounding satisfies never;
  }
}
