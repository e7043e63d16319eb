import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeHost } from './addresses.ts';
import type { Gate } from './gate.ts';
import { HEADERS } from './headers.ts';

/** Something that can be got. */
export interface Resource {
  readonly type: string;
  read(): Uint8Array | Promise<Uint8Array>;
}

/** An answer in words or as JSON. */
export interface Reply {
  readonly status: number;
  readonly body: object;
}

/** The largest body that is read, bytes: far above what a phone sends. */
const LARGEST_BODY = 2_000_000;
const COOKIE = 'decant-phone';
const MOST_CONNECTIONS = 32;
const GRACE_MS = 300;
/** So many requests are answered in so long. */
const MOST_REQUESTS = 400;
const REQUEST_WINDOW_MS = 10_000;

export interface ServeOptions {
  /** One of this computer's addresses. */
  readonly address: string;
  readonly gate: Gate;
  /** Under `/`, and after the token. */
  readonly page: Resource;
  /** All else that can be got, by its path. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** Milliseconds of a clock that only goes forward. */
  elapsedMs(): number;
  /** Whether time is up. */
  isOver(): boolean;
  /** Told before each answer who was let in, what is got, and who was turned away. */
  onEntered(userAgent: string): void;
  onRead(path: string): void;
  onRefused(): void;
  /** Takes the JSON of the results. */
  receive(json: unknown, userAgent: string): Promise<Reply>;
}

export interface PhoneServer {
  /** `http://192.168.1.7:50123` */
  readonly origin: string;
  /** Takes no more connections, and ends those that there are. */
  close(): Promise<void>;
}

/** Serves the page on one address, at a port that the system chooses. @throws what listening throws */
export async function serve(options: ServeOptions): Promise<PhoneServer> {
  const server = createServer({ maxHeaderSize: 8192, requestTimeout: 60_000, headersTimeout: 10_000 });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, options.address);
  const { port } = server.address() as AddressInfo; // It listens on a port, not on a pipe.
  const host = `${writeHost(options.address)}:${port}`;
  const hosts = new Set([host]);
  // So a phone on a cable reaches it, whose port was forwarded.
  if (isLoopback(options.address)) hosts.add(`localhost:${port}`);
  const pace = new Pace(options);
  server.on('request', (request, response) => {
    answer({ request, response, hosts, pace, ...options }).catch(() => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'This did not work.');
    });
  });
  return {
    origin: `http://${host}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // An answer that is on its way still arrives.
      const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

function listen(server: Server, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: 0, exclusive: true, ipv6Only: host.includes(':') }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Counts requests, so that nobody tries tokens or loads files without end. */
class Pace {
  #since = 0;
  #count = 0;
  readonly #elapsedMs: () => number;

  constructor({ elapsedMs }: Pick<ServeOptions, 'elapsedMs'>) {
    this.#elapsedMs = elapsedMs;
  }

  allows(): boolean {
    const now = this.#elapsedMs();
    if (now - this.#since > REQUEST_WINDOW_MS) [this.#since, this.#count] = [now, 0];
    return ++this.#count <= MOST_REQUESTS;
  }
}

interface Exchange extends ServeOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly hosts: ReadonlySet<string>;
  readonly pace: Pace;
}

async function answer(exchange: Exchange): Promise<void> {
  const { request, response, hosts, pace, gate, resources, page } = exchange;
  const { method, url: path = '' } = request;
  if (!pace.allows()) return refuse(response, 429, 'Too many requests.');
  // A page elsewhere whose name was made to point here would send its own.
  if (!hosts.has(request.headers.host ?? '')) return refuse(response, 421, 'This is not the address of this page.');
  if (exchange.isOver() || gate.locked) return refuse(response, 410, 'This measurement has ended.');
  const secret = readCookie(request);
  const userAgent = request.headers['user-agent'] ?? '';
  if (method === 'GET' && path.startsWith('/t/')) {
    const wasTaken = gate.taken;
    const entrance = gate.enter(path.slice('/t/'.length), secret);
    if (typeof entrance === 'string') {
      exchange.onRefused();
      return refuse(
        response,
        403,
        entrance === 'used'
          ? 'Another browser has opened this address. In Decant, start a new measurement.'
          : 'This address is not valid.',
      );
    }
    if (!wasTaken) exchange.onEntered(userAgent);
    response.setHeader('set-cookie', `${COOKIE}=${entrance.secret}; Path=/; HttpOnly; SameSite=Strict`);
    return send(response, page);
  }
  const isPost = method === 'POST' && path === '/results';
  const resource = method === 'GET' ? (path === '/' ? page : resources.get(path)) : undefined;
  if (!isPost && !resource) return refuse(response, 404, 'There is nothing here.');
  if (!gate.admits(secret)) {
    exchange.onRefused();
    return refuse(response, 403, 'Only the browser that opened the address first may see this.');
  }
  if (resource) {
    exchange.onRead(path);
    return send(response, resource);
  }
  await receive(exchange, userAgent);
}

async function receive({ request, response, hosts, receive: take }: Exchange, userAgent: string): Promise<void> {
  const { origin, 'content-type': type = '' } = request.headers;
  if (origin === undefined || !hosts.has(origin.replace('http://', '')))
    return refuse(response, 403, 'Results are taken from this page only.');
  if (!/^application\/json\b/.test(type)) return refuse(response, 415, 'Results are JSON.');
  const body = await readBody(request);
  if (body === null) return refuse(response, 413, `Results are at most ${LARGEST_BODY} bytes.`);
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return refuse(response, 400, 'This is not JSON.');
  }
  const reply = await take(json, userAgent);
  write(response, reply.status, 'application/json', Buffer.from(JSON.stringify(reply.body)));
}

/** Null where it is too large, of which no more is read. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) return null;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readCookie(request: IncomingMessage): string | null {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=');
    if (name === COOKIE && value) return value;
  }
  return null;
}

async function send(response: ServerResponse, { type, read }: Resource): Promise<void> {
  write(response, 200, type, await read());
}

/** One plain sentence, after which the connection ends. */
function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.setHeader('connection', 'close');
  write(response, status, 'text/plain; charset=utf-8', Buffer.from(`${sentence}\n`));
}

function write(response: ServerResponse, status: number, type: string, bytes: Uint8Array): void {
  response.writeHead(status, { ...HEADERS, 'content-type': type, 'content-length': bytes.byteLength });
  response.end(bytes);
}
