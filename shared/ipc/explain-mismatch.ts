import type { z } from 'zod';

/** The first thing at which a value does not fit its schema, as a clause. */
export function explainMismatch({ issues: [issue] }: z.ZodError): string {
  if (!issue) return 'it does not fit its schema';
  const place = issue.path.length > 0 ? `"${issue.path.map(String).join('.')}": ` : '';
  return `${place}${issue.message.replace(/[.]$/, '')}`;
}
