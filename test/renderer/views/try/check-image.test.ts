import { expect, it } from 'vitest';
import { explainCameraFailure } from '../../../../renderer/views/try/camera-failure.ts';
import { findImageProblem } from '../../../../renderer/views/try/check-image.ts';

const MEBIBYTE = 2 ** 20;

it.each([
  [{ name: 'a.jpg', type: 'image/jpeg', size: 1000 }, null],
  [{ name: 'unknown', type: '', size: 1000 }, null],
  [{ name: 'a.png', type: 'image/png', size: 64 * MEBIBYTE }, null],
  [{ name: 'a.png', type: 'image/png', size: 64 * MEBIBYTE + 1 }, /67.1.MB/],
  [{ name: 'a.pdf', type: 'application/pdf', size: 1000 }, /a.pdf is not an image[.] Choose/],
  [{ name: 'a.png', type: 'image/png', size: 0 }, /a.png is empty/],
])('judges %o before it is sent', (file, problem) => {
  const found = findImageProblem(file);
  if (problem === null) expect(found).toBeNull();
  else expect(found).toMatch(problem);
});

it.each(['NotFoundError', 'NotAllowedError', 'NotReadableError', 'NotSupportedError', ''])(
  'explains a camera failure and the next step: %s',
  (name) => {
    expect(explainCameraFailure(name)).toMatch(/^[A-Z][^.]+[.] [A-Z].+[.]$/);
  },
);
