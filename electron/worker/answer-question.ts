import { z } from 'zod';
import {
  ENGINE_CONTRACT,
  type EngineAnswerName,
  type EngineMessage,
  engineQuestionSchema,
} from '../../shared/ipc/engine-messages.ts';
import { count, type Failure } from '../../shared/ipc/message.ts';
import { DecantError } from '../engine/index.ts';
import { WorkCancelled } from './works.ts';

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
  if (!question.success) return refuse(id, `The message is not a question: ${explain(question.error)}.`);
  const { name } = question.data;
  if (!isKnown(name)) return refuse(id, `The engine answers no request ${JSON.stringify(name)}.`);
  const { params, result } = ENGINE_CONTRACT[name];
  const asked = params.safeParse(question.data.params);
  if (!asked.success) return refuse(id, `The request "${name}" is not understood: ${explain(asked.error)}.`);
  try {
    const checked = result.safeParse(await answer(name, asked.data));
    if (checked.success) return { id, ok: true, value: checked.data };
    throw new Error(`the answer to "${name}" is not what was agreed: ${explain(checked.error)}`);
  } catch (error) {
    return { id, ok: false, failure: describeFailure(error) };
  }
}

/** An error as data. One that nobody foresaw is also written to stderr, with where it happened. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof DecantError)
    return { code: error.code, message: error.message, details: makePlain(error.details) };
  if (error instanceof WorkCancelled) return { code: 'work.cancelled', message: error.message };
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.replace(/[.]$/, '');
  return {
    code: 'internal',
    message: `This should not have happened: ${reason}. Try again; if it happens again, report it.`,
  };
}

function isKnown(name: string): name is EngineAnswerName {
  return Object.hasOwn(ENGINE_CONTRACT, name);
}

function refuse(id: number, message: string): EngineMessage {
  return { id, ok: false, failure: { code: 'ipc.invalid', message } };
}

/** The first thing that is wrong, as a clause. */
function explain({ issues: [issue] }: z.ZodError): string {
  if (!issue) return 'it does not fit its schema';
  const place = issue.path.length > 0 ? `"${issue.path.map(String).join('.')}": ` : '';
  return `${place}${issue.message.replace(/[.]$/, '')}`;
}

/** Facts as JSON would have them: whatever else an error holds need not pass between processes. */
function makePlain(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(details)) as Record<string, unknown>; // An object stays one.
}
