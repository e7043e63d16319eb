import { DecantError } from '../core/errors.ts';

const MOST_REDIRECTS = 5;

/** What the hub, or whoever it sends us to, answers. */
export interface HubAnswer {
  readonly response: Response;
  /** SHA-256 that the hub states of the file, lower case; null where it states none. */
  readonly statedSha256: string | null;
}

/**
 * Asks for a file, from its byte `from` on, and follows redirects: https only, but for a hub that is this very machine.
 *
 * @throws DecantError `download.failed` for a redirect that leads nowhere, in circles or out of https; what `fetch` throws when there is no connection
 */
export async function requestFile(
  address: string,
  { from, signal }: { from: number; signal: AbortSignal },
): Promise<HubAnswer> {
  const local = isLoopback(new URL(address));
  let url = new URL(address);
  let statedSha256: string | null = null;
  for (let redirects = 0; ; redirects++) {
    if (url.protocol !== 'https:' && !(local && isLoopback(url)))
      throw refuse(address, `it redirects to ${url.origin}, which is not https`);
    const response = await fetch(url, {
      redirect: 'manual',
      signal,
      // Compressed on the way, its length and its parts would be those of something else.
      headers: { 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) },
    });
    statedSha256 ??= readSha256(response.headers.get('x-linked-etag'));
    if (![301, 302, 303, 307, 308].includes(response.status)) return { response, statedSha256 };
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (location === null || !URL.canParse(location, url.href))
      throw refuse(address, 'it redirects without an address');
    if (redirects === MOST_REDIRECTS) throw refuse(address, `it redirects more than ${MOST_REDIRECTS} times`);
    url = new URL(location, url);
  }
}

function isLoopback({ hostname }: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

function readSha256(etag: string | null): string | null {
  return /^(?:W\/)?"?([0-9a-f]{64})"?$/i.exec(etag ?? '')?.[1]?.toLowerCase() ?? null;
}

function refuse(address: string, problem: string): DecantError {
  return new DecantError('download.failed', `${address} was not followed: ${problem}; try again later.`, { address });
}
