import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CatalogueEntry } from '../../../electron/engine/catalogue/index.ts';
import { Random } from '../../../electron/engine/core/random.ts';

/** What a hub does with one request. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

const random = new Random('published weights');
export const CONTENT = Uint8Array.from({ length: 300_000 }, () => random.integer(256));
export const SHA256 = hashOf(CONTENT);

export const ENTRY: CatalogueEntry = {
  id: 'test-weights',
  title: 'Weights of a test',
  architecture: 'mobilenet-v2',
  width: 1,
  publisher: 'nobody',
  licence: 'MIT',
  repository: 'someone/something',
  revision: '0123456789012345678901234567890123456789',
  file: 'model.safetensors',
  sizeBytes: CONTENT.length,
  sha256: SHA256,
};
export const PATH = `/${ENTRY.repository}/resolve/${ENTRY.revision}/${ENTRY.file}`;

export function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Answers as the hub does: the whole, or the part that is asked for. */
export const serve: Behaviour = (request, response) => {
  const from = rangeOf(request);
  if (from === null) {
    response.writeHead(200, { 'content-length': CONTENT.length, 'x-linked-etag': `"${SHA256}"` });
    response.end(CONTENT);
    return;
  }
  if (from >= CONTENT.length) {
    response.writeHead(416, { 'content-range': `bytes */${CONTENT.length}`, 'x-linked-etag': `"${SHA256}"` });
    response.end();
    return;
  }
  response.writeHead(206, {
    'content-length': CONTENT.length - from,
    'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}`,
    'x-linked-etag': `"${SHA256}"`,
  });
  response.end(CONTENT.subarray(from));
};

/** Sends some bytes of what is asked for, then breaks the connection. */
export const cutAfter =
  (bytes: number): Behaviour =>
  (request, response) => {
    const from = rangeOf(request) ?? 0;
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': CONTENT.length - from,
      ...(from > 0 && { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` }),
    });
    response.write(CONTENT.subarray(from, from + bytes), () => setTimeout(() => response.destroy(), 20));
  };

export const answer =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (_, response) => {
    response.writeHead(status, headers);
    response.end('an error page');
  };

export function rangeOf({ headers }: IncomingMessage): number | null {
  const from = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1];
  return from === undefined ? null : Number(from);
}

export interface Hub {
  readonly address: string;
  /** `<path> <byte asked from>` of every request. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** A hub on this machine that takes its behaviours in turn and stays with the last. */
export async function startHub(...behaviours: Behaviour[]): Promise<Hub> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const behave = behaviours[Math.min(requests.length, behaviours.length - 1)]!;
    requests.push(`${request.url} ${rangeOf(request) ?? 0}`);
    behave(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return {
    address: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
