import type { ServerResponse } from 'node:http';
import { SwarmtubeError } from '../../shared/basics/errors.ts';

/** The answer is an error: `{error: {code, message}}` with this status. Thrown by handlers, caught by the router. */
export class HttpError extends SwarmtubeError {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(code, message);
    this.status = status;
    this.headers = headers;
  }
}

export function sendError(response: ServerResponse, error: HttpError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ error: { code: error.code, message: error.message } });
  response.writeHead(error.status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    // A page of another origin that embeds a player must be able to read why it got nothing.
    'Access-Control-Allow-Origin': '*',
    ...error.headers,
  });
  response.end(body);
}
