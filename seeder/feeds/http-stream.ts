import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { errorText, SwarmtubeError } from '../../shared/basics/errors.ts';
import type { Clock } from '../clock.ts';

export type HttpStreamOptions = {
  /** Without a byte for so long the source is given up: it stalled or is gone without a word. */
  readonly stallMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /**
   * Finds the address of a host, also after each redirect. Here stands the guard for addresses that did not come from the
   * operator (docs/SECURITY.md 5): it refuses those that must not be reached, and what it answers is what is connected to.
   */
  readonly lookup?: LookupFunction;
};

export type HttpStream = {
  readonly response: IncomingMessage;
  /** Where it really came from, after redirects. */
  readonly url: URL;
};

const REDIRECTS_MAX = 5;

/** Opens an address and follows its redirects. Throws a `SwarmtubeError` that says what the server answered instead of a stream. */
export async function openHttpStream(address: URL, options: HttpStreamOptions): Promise<HttpStream> {
  let url = address;
  for (let redirects = 0; ; redirects++) {
    await askForLiteral(url, options);
    const response = await get(url, options);
    const status = response.statusCode ?? 0;
    const location = response.headers.location;
    if (status >= 300 && status < 400 && location !== undefined) {
      response.destroy();
      if (redirects === REDIRECTS_MAX) {
        throw new SwarmtubeError(
          'feed-redirects',
          `${shownUrl(address)} redirects more than ${REDIRECTS_MAX} times; give the address it should end at`,
        );
      }
      url = redirectTarget(url, location);
      continue;
    }
    if (status !== 200) {
      response.destroy();
      throw new SwarmtubeError('feed-status', statusSentence(url, status, response.statusMessage ?? ''));
    }
    return { response, url };
  }
}

/** The chunks of a response, as fast as they are taken; fails when none comes for `stallMs` while one is waited for. */
export async function* readChunks(
  stream: HttpStream,
  { clock, stallMs }: HttpStreamOptions,
): AsyncGenerator<Uint8Array> {
  const { response, url } = stream;
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  try {
    for (;;) {
      const cancel = clock.after(stallMs, () => response.destroy(stalledError(url, stallMs)));
      const next = await chunks.next().finally(cancel);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (thrown) {
    throw thrown instanceof SwarmtubeError ? thrown : brokenError(url, thrown);
  } finally {
    response.destroy();
  }
}

/** An address as people may see it: without password, and without the query, where keys are. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** Node asks nobody about an address that stands there as numbers: the guard is asked here. */
function askForLiteral(url: URL, { lookup }: HttpStreamOptions): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (lookup === undefined || isIP(host) === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    lookup(host, {}, (refusal) => (refusal === null ? resolve() : reject(unreachableError(url, refusal))));
  });
}

function get(url: URL, { clock, stallMs, signal, lookup }: HttpStreamOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestSecure : requestPlain)(url, {
      agent: false,
      signal,
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'swarmtube' },
      ...(lookup === undefined ? {} : { lookup }),
    });
    const cancel = clock.after(stallMs, () => request.destroy(stalledError(url, stallMs)));
    request.on('response', (response) => {
      cancel();
      resolve(response);
    });
    // Stays after the response: a connection that breaks later is told by the response, and must not be thrown here.
    request.on('error', (thrown) => {
      cancel();
      reject(signal.aborted || thrown instanceof SwarmtubeError ? thrown : unreachableError(url, thrown));
    });
    request.end();
  });
}

function redirectTarget(from: URL, location: string): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (target?.protocol === 'http:' || target?.protocol === 'https:') return target;
  throw new SwarmtubeError(
    'feed-redirects',
    `${shownUrl(from)} redirects to something that is no web address; check it in a browser`,
  );
}

function statusSentence(url: URL, status: number, reason: string): string {
  const advice =
    status === 404 || status === 410
      ? 'the stream is not there: check its name, and that its encoder is sending'
      : status === 401 || status === 403
        ? 'the server wants a password or token: put it into the address'
        : status >= 500
          ? 'the server has a fault of its own'
          : 'check the address in a browser';
  const answer = `${status} ${reason}`.trimEnd();
  return `${shownUrl(url)} answered ${answer}; ${advice}`;
}

function stalledError(url: URL, stallMs: number): SwarmtubeError {
  return new SwarmtubeError(
    'feed-stalled',
    `${shownUrl(url)} has sent nothing for ${Math.round(stallMs / 100) / 10} s; check that its encoder is sending`,
  );
}

function brokenError(url: URL, thrown: unknown): SwarmtubeError {
  return new SwarmtubeError('feed-broken', `the connection to ${shownUrl(url)} broke: ${errorText(thrown)}`, {
    cause: thrown,
  });
}

function unreachableError(url: URL, thrown: unknown): SwarmtubeError {
  const code = (thrown as NodeJS.ErrnoException).code;
  const reason =
    code === 'ENOTFOUND'
      ? 'there is no host of this name'
      : code === 'ECONNREFUSED'
        ? 'nothing listens there'
        : code === 'EPROTO'
          ? 'what answers there is no https that works here; if it is plain http, begin the address with http://'
          : errorText(thrown);
  return new SwarmtubeError('feed-unreachable', `cannot reach ${shownUrl(url)}: ${reason}`, { cause: thrown });
}
