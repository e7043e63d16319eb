import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { ENGINE_REQUESTS } from '../../shared/ipc/contract.ts';
import type { Answer } from '../../shared/ipc/message.ts';
import type { Language } from '../../shared/text/language.ts';

export const SCHEME = 'app';
const ORIGIN = `${SCHEME}://decant`;
const PAGE = `${ORIGIN}/index.html`;

/** Address of the page in a language. */
export function pageIn(language: Language): string {
  return `${PAGE}?language=${language}`;
}

/** Whether an address, or an origin, is of the app's own page. */
export function isOwn(url: string): boolean {
  return url === ORIGIN || url.startsWith(`${ORIGIN}/`);
}

const SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  'media-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(self), microphone=(), geolocation=()',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** A name of a file or folder that the build makes: never `..`, nothing hidden, no separator of any system. */
const PLAIN_NAME = /^[\w-][\w.-]*$/;

const thumbnailSchema = ENGINE_REQUESTS['images.thumbnail'];
type ThumbnailParams = z.output<typeof thumbnailSchema.params>;
type Thumbnail = z.output<typeof thumbnailSchema.result>;
const imageType = z.enum(['image/jpeg', 'image/png', 'image/webp']);

export interface PageSource {
  /** Folder of the built window. */
  readonly folder: string;
  askThumbnail(params: ThumbnailParams): Promise<Answer<Thumbnail>>;
}

/** Answers `app://decant/…`: files of the built window, thumbnails of known datasets, and nothing else. */
export async function answerPage(request: Request, source: PageSource): Promise<Response> {
  const url = new URL(request.url);
  if (url.protocol !== `${SCHEME}:` || url.host !== 'decant' || request.method !== 'GET') return refuse(404);
  const names = splitPath(url.pathname);
  if (names === null) return refuse(404);
  if (names[0] === 'thumbnails') return answerThumbnail(names.slice(1), url.searchParams, source);
  const type = CONTENT_TYPES[extname(names.at(-1) ?? '')];
  if (type === undefined) return refuse(404);
  const bytes = await readFile(join(source.folder, ...names)).catch(() => null);
  return bytes ? give(bytes, { 'Content-Type': type, 'Cache-Control': 'no-cache' }) : refuse(404);
}

/** A dataset's id is made of its content: the same address always shows the same picture. */
async function answerThumbnail(names: string[], query: URLSearchParams, source: PageSource): Promise<Response> {
  const [dataset, image, ...rest] = names;
  const params = thumbnailSchema.params.safeParse({
    dataset,
    image: /^\d{1,9}$/.test(image ?? '') ? Number(image) : null,
    size: Number(query.get('size') ?? 96),
  });
  if (!params.success || rest.length > 0) return refuse(404);
  const answer = await source.askThumbnail(params.data);
  if (!answer.ok) return refuse(answer.failure.code === 'engine.lost' ? 503 : 404);
  const type = imageType.safeParse(answer.value.type);
  if (!type.success) return refuse(404);
  return give(answer.value.bytes, {
    'Content-Type': type.data,
    'Cache-Control': 'private, max-age=31536000, immutable',
  });
}

/** The names in a path; null where one is not plain. The root is the page. */
function splitPath(path: string): string[] | null {
  if (path === '/') return ['index.html'];
  const names = path.slice(1).split('/');
  return names.every((name) => PLAIN_NAME.test(name)) ? names : null;
}

function give(bytes: Uint8Array, headers: Record<string, string>): Response {
  // Bytes that were read or received are in memory of their own, never shared.
  return new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { ...HEADERS, ...headers } });
}

function refuse(status: number): Response {
  return new Response(null, { status, headers: HEADERS });
}
