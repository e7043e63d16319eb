import { describe, expect, it } from 'vitest';
import { CHECKPOINT_FORM } from '../../../../shared/stored/checkpoint-form.ts';
import { readStored, upgradeFrom } from '../../../../shared/stored/form.ts';
import { FINISH_PLACE_FORM } from '../../../../shared/stored/run-forms.ts';
import { upgradeCheckpointTo3 } from '../../../../shared/stored/upgrades/checkpoint-3.ts';
import { upgradeFinishPlaceTo2 } from '../../../../shared/stored/upgrades/finish-place-2.ts';

const SEGMENT = { stage: 'prune', epoch: 1, epochs: 4, firstBatch: 0, endBatch: 9, endsEpoch: true, cut: null };

describe('the place of an early finish', () => {
  it('of version 1 keeps the number of its segment', () => {
    expect(
      readStored(FINISH_PLACE_FORM, Object.freeze({ segment: 5, batch: 0, stage: 'fine-tune', epoch: 3 })),
    ).toEqual({
      ok: true,
      value: { segment: { inPlan: 5 }, batch: 0, stage: 'fine-tune', epoch: 3 },
    });
  });

  it.each([
    ['a segment', SEGMENT],
    ['the end', null],
    ['nothing', undefined],
    ['anything else', 'prune'],
  ])('with %s is passed on', (_, segment) => {
    const json = { segment, batch: 0 };
    expect(upgradeFinishPlaceTo2(json)).toBe(json);
  });

  it('of version 2 has no number alone', () => {
    expect(readStored(FINISH_PLACE_FORM, { version: 2, segment: 5, batch: 0, stage: 'prune', epoch: 3 }).ok).toBe(
      false,
    );
    expect(readStored(FINISH_PLACE_FORM, { version: 2, segment: SEGMENT, batch: 0, stage: 'prune', epoch: 3 }).ok).toBe(
      true,
    );
  });
});

describe('a checkpoint', () => {
  const tensors = { weights: [{ name: 'a', shape: [2], place: 0 }] };

  it('of version 2 keeps the number of its segment', () => {
    const position = Object.freeze({ segment: 5, batch: 14 });
    const json = Object.freeze({ data: Object.freeze({ step: 62, position, number: 6 }), tensors });
    expect(upgradeFrom(CHECKPOINT_FORM, 2, json)).toEqual({
      ok: true,
      value: { data: { step: 62, position: { segment: { inPlan: 5 }, batch: 14 }, number: 6 }, tensors },
    });
  });

  it.each([
    ['without a place', { data: { step: 12 }, tensors }],
    ['with a place that is none', { data: { position: 3 }, tensors }],
    ['without data', { tensors }],
  ])('%s is passed on', (_, json) => {
    expect(upgradeCheckpointTo3(json)).toBe(json);
  });
});
