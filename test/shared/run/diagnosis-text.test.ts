import { describe, expect, it } from 'vitest';
import { formatDiagnosis } from '../../../shared/run/diagnosis-text.ts';
import { createSampleDiagnosis } from '../../helpers/sample-diagnosis.ts';

const diagnosis = createSampleDiagnosis();
const textOf = (changes: Partial<typeof diagnosis> = {}): string => formatDiagnosis({ ...diagnosis, ...changes });

describe('a diagnosis as text', () => {
  it('tells the facts about the machine', () => {
    const text = textOf();
    expect(text).toMatch(/^Decant +0\.1\.0, Node 24\.21\.0, V8 13\.6\.233, linux x64 6\.1\.0$/m);
    expect(text).toMatch(/^Processor +Example CPU, 2 threads$/m);
    expect(text).toMatch(/^Memory +8\.0.GB, 5\.0.GB of it free$/m);
    expect(text).toMatch(/^WebAssembly +SIMD, no relaxed SIMD, shared memory$/m);
    expect(text).toMatch(/^ONNX Runtime +onnxruntime-node 1\.30\.0$/m);
    expect(text).toMatch(/^Store +\/home\/of\/decant, OK, 3 runs, 120\.0.kB$/m);
  });

  it('has a row for each back end, and below them why one cannot be used', () => {
    const text = textOf();
    expect(text).toMatch(
      /^simd +ready +126 comparisons, worst error 4\.0e-7 +800 images\/s \(32 × 32, batch 64, 80\.0.ms per step\); mixed precision 1.600 images\/s \(.*\) +Example CPU, 2 threads, kernels "relaxed"$/m,
    );
    expect(text).toMatch(/^webgpu +absent +– +– +–$/m);
    expect(text).toMatch(/^tensorflow +wrong +failed at dense 2x3 to 4, value: off by 1\.0e\+0 of its range +– +–$/m);
    expect(text).toMatch(/^webgpu: there is no graphics card\.$/m);
    expect(text).toMatch(/^cpu: its process was ended by SIGSEGV\.$/m);
    expect(text.split('\n').at(-1)).toBe('Used: simd.');
  });

  it('warns where auto would take a back end that crashes', () => {
    const backends = diagnosis.backends.map((backend) => ({ ...backend, chosen: backend.name === 'cpu' }));
    expect(textOf({ backends })).toMatch(/\n"auto" would try cpu, which crashes; use --backend simd\.$/);
    expect(textOf({ backends: backends.filter(({ name }) => name !== 'simd') })).toMatch(/cpu, which crashes\.$/);
  });

  it('says so where nothing can be used, nothing is stored, or the store is unusable', () => {
    expect(textOf({ backends: diagnosis.backends.map((backend) => ({ ...backend, chosen: false })) })).toMatch(
      /No back end is available\.$/,
    );
    expect(textOf({ store: { ...diagnosis.store, state: 'none' } })).toMatch(/^Store .*, empty$/m);
    const unusable = { ...diagnosis.store, state: 'unusable', problem: 'The store x is damaged.' } as const;
    expect(textOf({ store: unusable })).toMatch(/^Store +The store x is damaged\.$/m);
    expect(textOf({ onnxRuntime: null })).toMatch(/^ONNX Runtime +not available$/m);
  });
});
