import { createHmac } from 'node:crypto';
import type { IceServer } from '../shared/wire/tracker-messages.ts';

export type IceOptions = {
  /** UDP port of the built-in STUN responder; absent: there is none. */
  readonly stunPort?: number;
  /** Further STUN and TURN servers (`--ice-server`). */
  readonly iceServers?: readonly IceServer[];
  /** Shared with coturn (`use-auth-secret`): TURN servers without credentials of their own get short-lived ones. */
  readonly turnSecret?: string;
};

/** Longer than most watch; a page that is open longer gets new ones when it rejoins. */
const TURN_CREDENTIAL_SECONDS = 6 * 3600;

/** What one peer is told. `host`: the name by which it reached us, so that STUN is asked for by a name that works for it. */
export function iceServersFor(
  options: IceOptions,
  host: string | undefined,
  peer: string,
  wallMs: number,
): IceServer[] {
  const servers: IceServer[] = [];
  const name = hostName(host);
  if (options.stunPort !== undefined && name !== undefined) servers.push({ urls: `stun:${name}:${options.stunPort}` });
  for (const server of options.iceServers ?? []) {
    const needsCredentials = /^turns?:/.test(server.urls) && server.credential === undefined;
    if (needsCredentials && options.turnSecret !== undefined) {
      servers.push({ urls: server.urls, ...turnCredentials(options.turnSecret, peer, wallMs) });
    } else servers.push(server);
  }
  return servers;
}

/** A REST API for access to TURN services (draft-uberti-behave-turn-rest): `expiry:user` and its HMAC-SHA1. */
function turnCredentials(secret: string, peer: string, wallMs: number): { username: string; credential: string } {
  const username = `${Math.floor(wallMs / 1000) + TURN_CREDENTIAL_SECONDS}:${peer}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}

/** The host of a Host header without its port; undefined where it is none that may stand in a STUN address. */
function hostName(host: string | undefined): string | undefined {
  const match = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?$/.exec(host ?? '');
  return match?.[1];
}
