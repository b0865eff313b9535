import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import { HttpError } from './http-error.ts';
import type { Exchange } from './router.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const COMPRESSIBLE = new Set(['.html', '.js', '.mjs', '.css', '.json', '.map', '.svg', '.txt']);

/** Files of the build are few and small; what is over this is not ours. */
const FILE_BYTES_MAX = 8 * 1024 * 1024;
const FILES_MAX = 256;

type Encoding = 'br' | 'gzip' | 'identity';
type CachedFile = {
  readonly version: string;
  readonly etag: string;
  readonly contentType: string;
  readonly bodies: Readonly<Partial<Record<Encoding, Buffer>>>;
};

/** The files of one folder, compressed once and kept in memory for as long as they do not change on disk. */
export class StaticFiles {
  private readonly folder: string;
  private readonly cache = new Map<string, Promise<CachedFile>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Answers with the file of this name; `headers` are sent on top. A name out of the folder or of no file: 404. */
  async send(exchange: Exchange, name: string, headers: OutgoingHttpHeaders): Promise<void> {
    const file = await this.load(name);
    const { request, response, isHead } = exchange;
    const encoding = pickEncoding(request.headers['accept-encoding'], file);
    const body = file.bodies[encoding] as Buffer;
    const etag = encoding === 'identity' ? `"${file.etag}"` : `"${file.etag}-${encoding}"`;
    const common = { 'X-Content-Type-Options': 'nosniff', Vary: 'Accept-Encoding', ETag: etag, ...headers };
    if (matchesEtag(request.headers['if-none-match'], file.etag)) {
      response.writeHead(304, common);
      response.end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': file.contentType,
      'Content-Length': body.byteLength,
      ...(encoding === 'identity' ? {} : { 'Content-Encoding': encoding }),
      ...common,
    });
    response.end(isHead ? undefined : body);
  }

  private async load(name: string): Promise<CachedFile> {
    const path = join(this.folder, ...name.split('/'));
    const version = await this.versionOf(path);
    const cached = await this.cache.get(name)?.catch(() => undefined);
    if (cached?.version === version) return cached;
    if (this.cache.size >= FILES_MAX) this.cache.clear();
    const loading = readAndCompress(path, version);
    this.cache.set(name, loading);
    return await loading;
  }

  private async versionOf(path: string): Promise<string> {
    try {
      const [root, real] = await Promise.all([realpath(this.folder), realpath(path)]);
      if (!real.startsWith(root + sep)) throw notFound();
      const { mtimeMs, size } = await stat(real);
      const isServed = extname(path) in CONTENT_TYPES && size <= FILE_BYTES_MAX;
      if (!isServed) throw notFound();
      return `${mtimeMs}-${size}`;
    } catch {
      throw notFound();
    }
  }
}

function notFound(): HttpError {
  return new HttpError(404, 'not-found', 'nothing is at this address');
}

async function readAndCompress(path: string, version: string): Promise<CachedFile> {
  const identity = await readFile(path);
  const extension = extname(path);
  const bodies: Partial<Record<Encoding, Buffer>> = { identity };
  if (COMPRESSIBLE.has(extension)) {
    [bodies.br, bodies.gzip] = await Promise.all([promisify(brotliCompress)(identity), promisify(gzip)(identity)]);
  }
  const etag = createHash('sha256').update(identity).digest('base64url').slice(0, 22);
  return { version, etag, bodies, contentType: CONTENT_TYPES[extension] ?? 'application/octet-stream' };
}

function pickEncoding(accepted: string | string[] | undefined, file: CachedFile): Encoding {
  const offers = String(accepted ?? '')
    .toLowerCase()
    .split(',')
    .map((offer) => offer.trim());
  for (const encoding of ['br', 'gzip'] as const) {
    if (
      file.bodies[encoding] !== undefined &&
      offers.some((offer) => new RegExp(`^${encoding}(?:$|;(?!\\s*q=0(?:\\.0*)?$))`).test(offer))
    ) {
      return encoding;
    }
  }
  return 'identity';
}

function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some(
    (candidate) =>
      candidate
        .trim()
        .replace(/^W\//, '')
        .replace(/^"|(?:-br|-gzip)?"$/g, '') === etag,
  );
}
