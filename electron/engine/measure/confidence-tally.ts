import { CalibrationError } from './calibration-error.ts';
import { type Likeness, measureUnlikeness } from './likeness.ts';
import { softmaxOf } from './softmax.ts';
import { RANKED, rankClasses } from './tally.ts';

/** How sure a network was of a set of labelled images. */
export interface ConfidenceFigures {
  /** Expected calibration error without and with the temperature. */
  readonly errorBefore: number;
  readonly errorAfter: number;
  /** `[images, ranked]`: probabilities of the likeliest classes, likeliest first, with the temperature. */
  readonly probabilities: Float32Array;
  /** `[images]`: 1 where the image is unlike the training images; null where that is not known. */
  readonly unlike: Uint8Array | null;
}

/** Gathers how sure a network is, batch by batch. */
export class ConfidenceTally {
  readonly #temperature: number;
  readonly #likeness: Likeness | null;
  readonly #before = new CalibrationError();
  readonly #after = new CalibrationError();
  readonly #probabilities: number[] = [];
  readonly #unlike: number[] = [];

  constructor({ temperature, likeness }: { temperature: number; likeness: Likeness | null }) {
    this.#temperature = temperature;
    this.#likeness = likeness;
  }

  /** @param logits `[labels.length, classes]` */
  add(logits: Float32Array, labels: Int32Array): void {
    const classes = logits.length / labels.length;
    for (const [image, label] of labels.entries()) {
      const row = logits.subarray(image * classes, (image + 1) * classes);
      const ranking = rankClasses(row, RANKED);
      const calibrated = softmaxOf(row, ranking, this.#temperature);
      const right = ranking[0] === label;
      this.#before.add(softmaxOf(row, [ranking[0]!])[0]!, right);
      this.#after.add(calibrated[0]!, right);
      this.#probabilities.push(...calibrated);
      if (this.#likeness) this.#unlike.push(measureUnlikeness(this.#likeness, row) > this.#likeness.threshold ? 1 : 0);
    }
  }

  result(): ConfidenceFigures {
    return {
      errorBefore: this.#before.value(),
      errorAfter: this.#after.value(),
      probabilities: Float32Array.from(this.#probabilities),
      unlike: this.#likeness && Uint8Array.from(this.#unlike),
    };
  }
}
