/** Where and why a text is not valid JSON. Lines and columns count from 1. */
export interface JsonProblem {
  line: number;
  column: number;
  message: string;
}

/**
 * Finds the first place where a text is not valid JSON (RFC 8259), including duplicate keys, which `JSON.parse` accepts.
 * Returns null if there is none. `JSON.parse` itself does not always name the place.
 */
export function findJsonProblem(text: string): JsonProblem | null {
  const scanner = new Scanner(text);
  try {
    scanner.skipSpace();
    scanner.readValue();
    if (!scanner.atEnd) scanner.fail('expected nothing after the value');
    return null;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const before = text.slice(0, error.offset).split('\n');
    return { line: before.length, column: before.at(-1)!.length + 1, message: error.message };
  }
}

class Problem extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const DEEPEST = 100;

class Scanner {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  fail(expected: string, offset = this.#at): never {
    const found =
      offset >= this.#text.length ? 'the file ends here' : `found ${JSON.stringify([...this.#text.slice(offset)][0])}`;
    throw new Problem(offset, `${expected}; ${found}.`);
  }

  skipSpace(): void {
    this.#match(/[ \t\r\n]*/y);
    if (this.#text.startsWith('//', this.#at) || this.#text.startsWith('/*', this.#at))
      this.fail('comments are not allowed');
  }

  /** Reads a value and the space after it. */
  readValue(): void {
    const first = this.#text[this.#at];
    if (first === '{') this.#readObject();
    else if (first === '[') this.#readArray();
    else if (first === '"') this.#readString();
    else if (first === "'") this.fail('text must be in double quotes');
    else if (!this.#match(/(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y))
      this.fail('expected a value: a number, text in double quotes, true, false, null, [ or {');
    this.skipSpace();
  }

  #readObject(): void {
    const seen = new Set<string>();
    this.#readItems('}', () => {
      if (this.#text[this.#at] !== '"') this.fail('expected a key in double quotes');
      const start = this.#at;
      const key = this.#readString();
      if (seen.has(key)) throw new Problem(start, `the key "${key}" appears twice.`);
      seen.add(key);
      this.skipSpace();
      if (!this.#match(/:/y)) this.fail('expected a colon after the key');
      this.skipSpace();
      this.readValue();
    });
  }

  #readArray(): void {
    this.#readItems(']', () => this.readValue());
  }

  #readItems(end: string, readItem: () => void): void {
    if (++this.#depth > DEEPEST) this.fail('brackets are nested too deeply');
    this.#at++;
    this.skipSpace();
    if (this.#text[this.#at] !== end)
      for (;;) {
        readItem();
        if (this.#text[this.#at] !== ',') break;
        const comma = this.#at++;
        this.skipSpace();
        if (this.#text[this.#at] === end) this.fail(`there must be no comma before ${end}`, comma);
      }
    if (this.#text[this.#at] !== end) this.fail(`expected a comma or ${end}`);
    this.#at++;
    this.#depth--;
  }

  #readString(): string {
    const start = this.#at;
    // Characters other than quote, backslash and control characters, or an escape.
    const text = this.#match(/"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy);
    if (text === null) this.fail('this text has no closing quote on its line, or contains an invalid escape', start);
    return String(JSON.parse(text));
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) return null;
    this.#at = pattern.lastIndex;
    return found[0];
  }
}
