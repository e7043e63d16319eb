import '../bare-page.ts';
import { expect, it } from 'vitest';
import { RequestFailure } from '../../../renderer/bridge.ts';
import { Resource } from '../../../renderer/state/resource.svelte.ts';

it('is pending, then a value; asking again keeps the last value until the new one is there', async () => {
  const resource = new Resource<number>();
  const answers = [1, 2];
  const first = resource.load(async () => answers.shift()!);
  expect(resource).toMatchObject({ pending: true, value: null, failure: null });
  await first;
  expect(resource).toMatchObject({ pending: false, value: 1 });
  const again = resource.reload();
  expect(resource).toMatchObject({ pending: true, value: 1 });
  await again;
  expect(resource).toMatchObject({ pending: false, value: 2 });
});

it('keeps a failure until an answer comes', async () => {
  const resource = new Resource<number>();
  const failure = new RequestFailure({ code: 'run.unknown', message: 'No such run.' });
  await resource.load(() => Promise.reject(failure));
  expect(resource).toMatchObject({ pending: false, value: null, failure });
  await resource.load(() => Promise.reject(new Error('something else')));
  expect(resource.failure).toMatchObject({ code: 'internal', message: 'something else' });
  await resource.load(async () => 3);
  expect(resource).toMatchObject({ value: 3, failure: null });
});

it('drops a late answer, and a late failure, to an earlier question', async () => {
  const resource = new Resource<string>();
  const late = Promise.withResolvers<string>();
  const slow = resource.load(() => late.promise);
  await resource.load(async () => 'new');
  late.resolve('old');
  await slow;
  expect(resource).toMatchObject({ value: 'new', pending: false });

  const refused = Promise.withResolvers<string>();
  const failing = resource.load(() => refused.promise);
  await resource.load(async () => 'newer');
  refused.reject(new Error('too late'));
  await failing;
  expect(resource).toMatchObject({ value: 'newer', failure: null });
});
