import { expect, it } from 'vitest';
import { describeStepShape, formatStepShape, parseStepShape } from '../../bench/step-shape.ts';

it.each([
  ['32x64', { what: 'distill', size: 32, batch: 64, stemStride: 2 }, 'distill:32x64'],
  ['distill:96x32s2', { what: 'distill', size: 96, batch: 32, stemStride: 2 }, 'distill:96x32'],
  ['teacher:64x8s1', { what: 'teacher', size: 64, batch: 8, stemStride: 1 }, 'teacher:64x8s1'],
])('reads %s', (text, shape, short) => {
  expect(parseStepShape(text)).toEqual(shape);
  expect(formatStepShape(parseStepShape(text))).toBe(short);
});

it.each(['', '32', '32x', '0x64', 'student:32x64', '32x64s3', '32x64,96x32'])('refuses "%s"', (text) => {
  expect(() => parseStepShape(text)).toThrow(/is no step/);
});

it('puts a step into words', () => {
  expect(describeStepShape(parseStepShape('teacher:64x8s1'))).toBe('teacher 64x64, batch 8, stem stride 1');
});
