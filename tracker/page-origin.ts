import type { IncomingMessage } from 'node:http';
import { clientHost } from './client-address.ts';

/** Whether the page that asks is one of those allowed: where none is named any is; our own always are, and clients that are no browser name none. */
export function isOriginAllowed(
  request: IncomingMessage,
  allowedOrigins: readonly string[],
  trustProxy: boolean,
): boolean {
  const { origin } = request.headers;
  if (origin === undefined || allowedOrigins.length === 0 || allowedOrigins.includes(origin)) return true;
  // Our own watch page: no other page can make a browser send our name as both.
  return origin.replace(/^https?:\/\//, '') === clientHost(request, trustProxy);
}
