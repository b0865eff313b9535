import { isIPv6 } from 'node:net';
import type { Config } from './config.ts';

/** The address that a person on this machine opens. */
export function serverUrl({ host, tlsCert }: Config, port: number): string {
  const scheme = tlsCert === undefined ? 'http' : 'https';
  const isHere = ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host);
  const name = isHere ? 'localhost' : isIPv6(host) ? `[${host}]` : host;
  const isUsual = port === (scheme === 'http' ? 80 : 443);
  return `${scheme}://${name}${isUsual ? '' : `:${port}`}`;
}
