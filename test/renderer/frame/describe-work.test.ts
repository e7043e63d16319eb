import { expect, it } from 'vitest';
import { describeWork } from '../../../renderer/frame/describe-work.ts';

const work = { title: 'Opening flowers12.zip', stage: null, cancelled: false };

it('says what a task is doing, in words for people', () => {
  expect(describeWork(work)).toBe('Opening flowers12.zip');
  expect(describeWork({ ...work, stage: 'read' })).toBe('Reading images…');
  expect(describeWork({ ...work, stage: 'download' })).toBe('Opening flowers12.zip');
  expect(describeWork({ ...work, title: 'Exporting', stage: 'export coreml fp16' })).toBe('Exporting: Core ML fp16');
  expect(describeWork({ ...work, title: 'Exporting', stage: 'export' })).toBe('Exporting');
  expect(describeWork({ ...work, stage: 'read', cancelled: true })).toBe('Opening flowers12.zip: cancelling…');
});
