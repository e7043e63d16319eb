import { FIRST_ANSWER_MS, findInputSizeFault } from '../../../shared/run/network-limits.ts';
import { answerWithin } from '../core/answer-within.ts';
import { DecantError } from '../core/errors.ts';
import type { ExportDescription, Exporter, OpenedExport } from './exporter.ts';

/**
 * Opens a file that may come from anyone: what it says of itself has to be what its graph takes and gives, and small enough to
 * be used. Whoever asks closes it.
 *
 * @throws DecantError `model.unreadable`
 */
export async function openDescribed(
  exporter: Exporter,
  bytes: Uint8Array,
  { firstAnswerMs = FIRST_ANSWER_MS, ...options }: { threads?: number; firstAnswerMs?: number } = {},
): Promise<{ description: ExportDescription; file: OpenedExport }> {
  const description = exporter.describe(bytes);
  const { inputSize } = description.preprocessing;
  const refuse = (what: string) =>
    new DecantError('model.unreadable', `The ${exporter.format} file ${what}; use a file as Decant exported it.`, {
      inputSize,
    });
  const fault = findInputSizeFault(inputSize);
  if (fault !== null) throw refuse(fault);
  const file = await exporter.open(bytes, { ...options, firstAnswerMs });
  try {
    if (file.inputSize.join() !== inputSize.join())
      throw refuse(
        `says that it takes images of ${inputSize.join(' × ')} pixels, but its graph takes ${file.inputSize.join(' × ')}`,
      );
    const classes = description.classes.length;
    const grey = new Uint8Array(inputSize[0] * inputSize[1] * 3).fill(128);
    const { length } = await answerWithin(
      firstAnswerMs,
      file.run(grey, 1),
      () =>
        new DecantError(
          'model.unreadable',
          `The ${exporter.format} file takes more than ${firstAnswerMs / 1000} s for one image; use a smaller network.`,
          { firstAnswerMs },
        ),
    );
    if (length !== classes) throw refuse(`names ${classes} classes, but its graph gives ${length} numbers`);
    return { description, file };
  } catch (error) {
    await file.close();
    throw error;
  }
}
