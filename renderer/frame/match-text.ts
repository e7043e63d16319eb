/**
 * Scores how well a text matches a query; 0 is no match, higher is better. Every word of the query must occur: at the
 * start of a word (best), inside one, or as letters in order.
 */
export function matchText(query: string, text: string): number {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const target = text.toLowerCase();
  let score = 1;
  for (const word of words) {
    const found = matchWord(word, target);
    if (found === 0) return 0;
    score += found;
  }
  return score;
}

function matchWord(word: string, target: string): number {
  if (target.startsWith(word)) return 4;
  const at = target.indexOf(word);
  if (at > 0) return /[\s\p{P}\p{S}]/u.test(target[at - 1]!) ? 3 : 2;
  let from = 0;
  for (const letter of word) {
    from = target.indexOf(letter, from) + 1;
    if (from === 0) return 0;
  }
  return word.length > 2 ? 1 : 0;
}
