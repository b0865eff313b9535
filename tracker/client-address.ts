import type { IncomingMessage } from 'node:http';
import type { NetworkAddress } from './core/network-address.ts';
import { parseNetworkAddress } from './core/network-address.ts';

/**
 * Who asks. Behind a trusted proxy the last address of X-Forwarded-For is the one that our proxy saw; those before it are
 * what the client claims. Undefined where no address can be told (the socket is closed already).
 */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): NetworkAddress | undefined {
  const forwarded = trustProxy ? forwardedFor(request) : undefined;
  return forwarded ?? readAddress(request.socket.remoteAddress ?? '');
}

/** The name by which the client reached us. */
export function clientHost(request: IncomingMessage, trustProxy: boolean): string | undefined {
  const forwarded = request.headers['x-forwarded-host'];
  return trustProxy && typeof forwarded === 'string' ? forwarded.split(',')[0]?.trim() : request.headers.host;
}

function forwardedFor(request: IncomingMessage): NetworkAddress | undefined {
  const header = request.headers['x-forwarded-for'];
  const last = (Array.isArray(header) ? header.join(',') : header)?.split(',').at(-1);
  return last === undefined ? undefined : readAddress(last.trim());
}

/** Tolerates `[::1]:4711`, `192.0.2.1:4711` and `fe80::1%eth0`, which proxies and Node write. */
function readAddress(text: string): NetworkAddress | undefined {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return parseNetworkAddress(bare.replace(/%.*$/, ''));
}
