import type { z } from 'zod';

/** Describes the first place where a value does not match its schema, as a clause. */
export function explainMismatch({ issues: [issue] }: z.ZodError): string {
  if (!issue) return 'it does not match its schema';
  const place = issue.path.length > 0 ? `"${issue.path.map(String).join('.')}": ` : '';
  return `${place}${issue.message.replace(/[.]$/, '')}`;
}
