import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Of the token and of the secret: 192 bits. */
const BYTES = 24;
/** After so many wrong tokens nobody is let in any more. */
const MOST_WRONG = 5;

/**
 * Lets one browser in. It brings the token, which stands in the address that it was shown, and is given a secret in exchange;
 * whoever brings the token after it is turned away.
 */
export class Gate {
  readonly token = randomBytes(BYTES).toString('base64url');
  #secret: string | null = null;
  #wrong = 0;

  /** Whether a browser was let in. */
  get taken(): boolean {
    return this.#secret !== null;
  }

  /** Whether nobody is let in any more, because too many tokens were wrong. */
  get locked(): boolean {
    return this.#wrong >= MOST_WRONG;
  }

  /**
   * Lets the first browser with the token in.
   *
   * @param secret that the browser has already, if any
   * @returns its secret; `used` where another has it
   */
  enter(token: string, secret: string | null): { readonly secret: string } | 'wrong' | 'used' {
    if (this.locked || !isSame(token, this.token)) return this.#refuse();
    if (this.#secret === null) this.#secret = randomBytes(BYTES).toString('base64url');
    else if (secret === null || !isSame(secret, this.#secret)) return 'used';
    return { secret: this.#secret };
  }

  /** Whether the browser was let in before. A wrong secret counts as a wrong token. */
  admits(secret: string | null): boolean {
    if (this.locked || secret === null) return false;
    if (this.#secret !== null && isSame(secret, this.#secret)) return true;
    this.#refuse();
    return false;
  }

  #refuse(): 'wrong' {
    this.#wrong++;
    return 'wrong';
  }
}

/** Takes as long wherever the texts differ, and whatever their lengths. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
