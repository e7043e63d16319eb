import { describe, expect, it } from 'vitest';
import { Course } from '../../../../electron/engine/run/training/course.ts';
import { planTraining } from '../../../../electron/engine/run/training/plan.ts';
import { NOTHING_SPECIAL, type Segment } from '../../../../electron/engine/run/training/segment.ts';
import { recipeSchema } from '../../../../shared/run/recipe.ts';

const recipe = recipeSchema.parse({
  train: { teacherEpochs: 2, warmUpEpochs: 2, pruneEpochs: 2, fineTuneEpochs: 2 },
  prune: { steps: 4 },
});
const facts = { recipe, batchesPerEpoch: 100 };
const plan = planTraining(facts);

const name = (segment: Segment | null) => segment && `${segment.stage} ${segment.epoch}:${segment.firstBatch}`;
/** Where a course comes through, from where it is. */
function walk(course: Course): (string | null)[] {
  const names = [];
  for (; course.segment; course.advance(NOTHING_SPECIAL)) names.push(name(course.segment));
  return names;
}

describe('a course', () => {
  it('comes through what is planned where nothing special happens', () => {
    const course = new Course(facts, null);
    expect(walk(course)).toEqual(plan.map(name));
    expect(course.place).toEqual({ segment: null, batch: 0 });
    expect(course.segments).toEqual(plan);
  });

  it('goes on from a stored place as if it had never stopped', () => {
    const course = new Course(facts, null);
    for (let i = 0; i < 5; i++) course.advance(NOTHING_SPECIAL);
    course.reach(course.position.batch + 7);
    const again = new Course(facts, null);
    again.goTo(structuredClone(course.place));
    expect(again.position).toEqual(course.position);
    expect(walk(again)).toEqual(walk(course));
  });

  it('understands the number of a segment, as older checkpoints have it', () => {
    const course = new Course(facts, null);
    course.goTo({ segment: { inPlan: 3 }, batch: 30 });
    expect(course.segment).toEqual(plan[3]);
    expect(course.position).toEqual({ segment: 3, batch: 30 });
    course.goTo({ segment: { inPlan: plan.length }, batch: 0 });
    expect(course.segment).toBeNull();
  });

  it('leaves the rest of a line out when patience ends, but never that of one which others branch off from', () => {
    const impatient = { ...NOTHING_SPECIAL, outOfPatience: true };
    const course = new Course(facts, null);
    const at = (stage: string) => plan.findIndex((segment) => segment.stage === stage && segment.endsEpoch);
    course.goTo({ segment: { inPlan: at('teacher') }, batch: 0 });
    course.advance(impatient);
    expect(name(course.segment)).toBe('warm-up 0:0');
    course.advance(impatient);
    expect(name(course.segment)).toBe('warm-up 1:0');
    course.goTo({ segment: { inPlan: at('fine-tune') }, batch: 0 });
    course.advance(impatient);
    expect(name(course.segment)).toBe('baseline 2:0');
    expect(course.segments).toEqual(plan);
  });

  it('takes a segment in that nobody expected, and lays out what follows it', () => {
    const course = new Course(facts, null);
    const before = course.segments;
    const extra: Segment = { ...plan.find(({ stage }) => stage === 'warm-up')!, epoch: 1, firstBatch: 50, cut: null };
    course.goTo({ segment: extra, batch: 60 });
    expect(course.segments).not.toBe(before);
    expect(course.segment).toEqual(extra);
    expect(course.segments.map(name)).toEqual(plan.map(name).toSpliced(course.position.segment, 0, name(extra)));
  });

  it('ends after the segment in which it is asked to finish early, stopped there or not', () => {
    const course = new Course(facts, null);
    course.goTo({ segment: plan.find(({ stage }) => stage === 'prune')!, batch: 10 });
    const place = structuredClone(course.place);
    course.finishEarly();
    expect(course.segment).toMatchObject({ stage: 'prune', endBatch: 30, endsEpoch: true, cut: 4 });
    for (const stored of [place, { ...place, segment: { inPlan: course.position.segment } }]) {
      const again = new Course(facts, stored);
      expect(again.segments).toEqual(course.segments);
      again.goTo(place);
      expect(again.segment).toEqual(course.segment);
      // From an older checkpoint it comes there by itself.
      again.goTo({ segment: { inPlan: 0 }, batch: 0 });
      expect(walk(again)).toEqual(course.segments.map(name));
    }
    course.advance(NOTHING_SPECIAL);
    expect(course.segment).toBeNull();
  });

  it('is over at once where a line is left out that is not complete', () => {
    const segment = plan.find(({ stage }) => stage === 'baseline')!;
    const course = new Course(facts, { segment, batch: 5 });
    course.goTo({ segment, batch: 5 });
    expect(course.segment).toBeNull();
  });
});
