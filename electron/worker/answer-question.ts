import { z } from 'zod';
import {
  ENGINE_CONTRACT,
  type EngineAnswerName,
  type EngineMessage,
  engineQuestionSchema,
} from '../../shared/ipc/engine-messages.ts';
import { explainMismatch } from '../../shared/ipc/explain-mismatch.ts';
import { count } from '../../shared/ipc/message.ts';
import { describeFailure } from './describe-failure.ts';

/** Answers a request whose params have been checked. */
export type Answerer = (name: EngineAnswerName, params: unknown) => unknown;

/**
 * Answers a message of the main process: params are checked against their schema before, the result after. Never
 * throws; null where the message is not even a question with a number, so that nobody waits for an answer.
 */
export async function answerQuestion(message: unknown, answer: Answerer): Promise<EngineMessage | null> {
  const id = z.looseObject({ id: count }).safeParse(message).data?.id;
  if (id === undefined) return null;
  const question = engineQuestionSchema.safeParse(message);
  if (!question.success) return refuse(id, `The message is not a question: ${explainMismatch(question.error)}.`);
  const { name } = question.data;
  if (!isKnown(name)) return refuse(id, `The engine knows no request ${JSON.stringify(name)}.`);
  const { params, result } = ENGINE_CONTRACT[name];
  const asked = params.safeParse(question.data.params);
  if (!asked.success) return refuse(id, `The request "${name}" is invalid: ${explainMismatch(asked.error)}.`);
  try {
    const checked = result.safeParse(await answer(name, asked.data));
    if (checked.success) return { id, ok: true, value: checked.data };
    throw new Error(`the answer to "${name}" is invalid: ${explainMismatch(checked.error)}`);
  } catch (error) {
    return { id, ok: false, failure: describeFailure(error) };
  }
}

function isKnown(name: string): name is EngineAnswerName {
  return Object.hasOwn(ENGINE_CONTRACT, name);
}

function refuse(id: number, message: string): EngineMessage {
  return { id, ok: false, failure: { code: 'ipc.invalid', message } };
}
