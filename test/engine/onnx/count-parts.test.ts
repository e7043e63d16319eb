import { expect, it } from 'vitest';
import { countParts } from '../../../electron/engine/onnx/count-parts.ts';
import { decodeModel } from '../../../electron/engine/onnx/messages.ts';

/** A field whose content has a length: the tag, the length as a number of seven bits a byte, the content. */
function field(number: number, content: Uint8Array): Buffer {
  const length: number[] = [];
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest % 128) + 128);
  }
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), content]);
}

it('counts the fields of a message and of those in it, whatever else is there', () => {
  const inner = Buffer.concat([field(1, Buffer.from('a')), field(2, Buffer.from([0x08, 1, 0x08, 2]))]);
  const message = Buffer.concat([Buffer.from([0x08, 0x96, 0x01]), field(7, inner), field(9, Buffer.alloc(300))]);
  expect(countParts(message, {}, 100)).toBe(3);
  expect(countParts(message, { 7: {} }, 100)).toBe(5);
  expect(countParts(message, { 7: { 2: {} } }, 100)).toBe(7);
  expect(countParts(message, { 7: { 2: 'packed' } }, 100)).toBe(9);
  for (let end = 0; end < message.length; end++)
    expect(countParts(message.subarray(0, end), { 7: { 2: {} } }, 100)).toBeLessThanOrEqual(7);
});

it('a file of millions of empty nodes is refused before anything is made of it', () => {
  const nodes = Buffer.alloc(4_000_000).fill(Buffer.from([0x0a, 0x00]));
  const begun = performance.now();
  expect(() => decodeModel(field(7, nodes))).toThrow(/more than 1000000 parts, which no network needs/);
  expect(performance.now() - begun).toBeLessThan(1000);
});
