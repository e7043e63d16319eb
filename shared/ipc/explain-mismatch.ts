import type { z } from 'zod';
import { shorten } from '../text/shorten.ts';

/** Characters: keys and allowed values can be many, and long. */
const LONGEST = 500;

/** Describes the first place where a value does not match its schema, as a clause. */
export function explainMismatch({ issues: [issue] }: z.ZodError): string {
  if (!issue) return 'it does not match its schema';
  const place = issue.path.length > 0 ? `"${issue.path.map(String).join('.')}": ` : '';
  const message = issue.message.replace(/[.]$/, '').replace(/, received undefined$/, ', but there is nothing');
  return shorten(`${place}${message}`, LONGEST);
}
