/** Formats a table as CSV (RFC 4180). An apostrophe precedes text that a spreadsheet would run as a formula. */
export function formatCsv(columns: readonly string[], rows: Iterable<readonly (string | number | null)[]>): string {
  const lines = [columns.map(quote).join(',')];
  for (const row of rows)
    lines.push(row.map((cell) => (typeof cell === 'number' ? String(cell) : quote(cell ?? ''))).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

function quote(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
