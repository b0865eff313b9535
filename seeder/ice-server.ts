import type { IceServer } from '../shared/wire/tracker-messages.ts';

const ICE_URL =
  /^(stuns?|turns?):(?:([^:@\s]+):([^@\s]+)@)?((?:\[[0-9a-f:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?)$/i;

/**
 * `stun:host:port`, or `turn:user:password@host:port?transport=tcp`: the form of a URL that a person can type in one piece.
 * User and password may be percent-encoded; a TURN server without them gets short-lived ones. Undefined where it is none.
 */
export function parseIceServer(text: string): IceServer | undefined {
  const match = ICE_URL.exec(text.trim());
  if (match === null) return undefined;
  const [, scheme = '', username, credential, host = ''] = match;
  const urls = `${scheme.toLowerCase()}:${host}`;
  if (username === undefined) return { urls };
  if (scheme.toLowerCase().startsWith('stun')) return undefined;
  const user = decode(username);
  const password = decode(credential);
  return user === undefined || password === undefined ? undefined : { urls, username: user, credential: password };
}

function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
