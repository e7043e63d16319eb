import type { Answer, Failure } from '../../../shared/ipc/message.ts';

/** A failure that came as data, thrown on its way to the window. */
export class PassedFailure extends Error {
  override readonly name = 'PassedFailure';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The value of an answer. @throws PassedFailure */
export async function expectAnswer<T>(answer: Promise<Answer<T>>): Promise<T> {
  const settled = await answer;
  if (settled.ok) return settled.value;
  throw new PassedFailure(settled.failure);
}
