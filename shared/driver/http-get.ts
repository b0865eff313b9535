import { errorText, SwarmtubeError } from '../basics/errors.ts';
import { concatenate } from '../bytes/concatenate.ts';
import { decodeUtf8 } from '../bytes/utf8.ts';

export type HttpGetOptions = {
  readonly timeoutMs: number;
  /** A longer body is an error: nobody allocates what a server merely claims. */
  readonly bytesMax: number;
  /** Ends the request from outside. */
  readonly signal: AbortSignal;
  readonly cache: RequestCache;
  /** Told for every piece that arrives, also of a body that then fails. */
  readonly onBytes: (bytes: number) => void;
};

/**
 * GETs a small whole body. Where the network fails it is tried once more, within the same time. Rejects with
 * `SwarmtubeError`: `http-404` and the like, `http-timeout`, `http-unreachable`, `http-too-large`.
 */
export async function httpGet(url: string, options: HttpGetOptions): Promise<Uint8Array> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  let failure: unknown;
  for (let attempt = 0; attempt < 2 && !signal.aborted; attempt++) {
    try {
      return await attemptGet(url, options, signal);
    } catch (thrown) {
      if (thrown instanceof SwarmtubeError) throw thrown;
      failure = thrown;
    }
  }
  if (timeout.aborted) throw new SwarmtubeError('http-timeout', `${url} gives no answer`);
  throw new SwarmtubeError('http-unreachable', `${url} cannot be reached: ${errorText(failure)}`);
}

async function attemptGet(url: string, options: HttpGetOptions, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(url, { signal, cache: options.cache });
  if (!response.ok) {
    const sentence = await refusal(response);
    throw new SwarmtubeError(
      `http-${response.status}`,
      sentence ?? `the server answered with status ${response.status} for ${url}`,
    );
  }
  const body = await readBody(response, options.bytesMax, options.onBytes);
  if (body === undefined) throw new SwarmtubeError('http-too-large', `${url} gives too many bytes`);
  return body;
}

const REFUSAL_BYTES_MAX = 4096;

/** What the server says to a person in `{error: {message}}`; undefined where it says nothing of the kind. */
async function refusal(response: Response): Promise<string | undefined> {
  try {
    const body = await readBody(response, REFUSAL_BYTES_MAX);
    const message: unknown = JSON.parse(decodeUtf8(body ?? new Uint8Array(0))).error.message;
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when it is longer than that. */
async function readBody(
  response: Response,
  bytesMax: number,
  onBytes?: (bytes: number) => void,
): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of bodyPieces(response)) {
    length += piece.byteLength;
    onBytes?.(piece.byteLength);
    if (length > bytesMax) return undefined;
    pieces.push(piece);
  }
  return concatenate(pieces, length);
}

/** The body as it arrives. Leaving the loop early gives the connection up. (Safari iterates no ReadableStream.) */
export async function* bodyPieces(response: Response): AsyncGenerator<Uint8Array, void, void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {}); // has failed or ended: nothing is left to cancel
  }
}
