import { encode, renderUnicodeCompact } from 'uqr';

/** White modules around a code, which readers need. */
const BORDER = 4;

/** A QR code as lines of `1` (dark) and `0` (light), with its white border. */
export function drawQr(text: string): string[] {
  return encode(text, { ecc: 'M', border: BORDER }).data.map((row) => row.map((dark) => (dark ? '1' : '0')).join(''));
}

/** A QR code for a terminal with light text on a dark ground. */
export function writeQr(text: string): string {
  return renderUnicodeCompact(text, { ecc: 'M', border: BORDER });
}
