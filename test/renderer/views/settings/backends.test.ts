import { expect, it } from 'vitest';
import {
  describeDevice,
  describeSelfTest,
  explainSpeeds,
  listBackendOptions,
} from '../../../../renderer/views/settings/backends.ts';
import { createSampleDiagnosis } from '../../../helpers/sample-diagnosis.ts';

const diagnosis = createSampleDiagnosis();
const find = (name: string) => diagnosis.backends.find((backend) => backend.name === name)!;

it('offers every back end except those that do not work', () => {
  expect(listBackendOptions(null, 'auto').every(({ disabled }) => !disabled)).toBe(true);
  const options = listBackendOptions(diagnosis, 'cpu');
  expect(options.filter(({ disabled }) => disabled).map(({ value }) => value)).toEqual(['tensorflow', 'webgpu']);
  expect(options.find(({ value }) => value === 'cpu')?.label).toContain('crashes');
});

it('describes each back end, or why it is not available', () => {
  expect(describeDevice(find('webgpu'))).toBe('There is no graphics card');
  expect(describeDevice(find('simd'))).toBe('Example CPU, 2 threads, kernels “relaxed”');
  expect(describeSelfTest(find('simd'))).toBe('passed, 126 checks');
  expect(describeSelfTest(find('tensorflow'))).toBe('failed');
  expect(describeSelfTest(find('webgpu'))).toBe('–');
  expect(explainSpeeds(diagnosis)).toContain('32 × 32 pixels, batch 64');
});
