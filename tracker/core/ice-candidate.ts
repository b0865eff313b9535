import type { NetworkAddress } from './network-address.ts';
import { formatNetworkAddress, isSameAddress, parseNetworkAddress, subscriberKey } from './network-address.ts';

/*
 * A candidate makes somebody else's browser send packets to an address of the sender's choice. So each is taken to pieces
 * and judged; what passes is written anew. RFC 8839 section 5.1:
 *
 *   candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE [raddr ADDRESS] [rport PORT] [KEY VALUE]…
 */

/** Between whom a description travels. */
export type SignalRoute = {
  /** As the tracker's socket sees them, not as they say. */
  readonly sender: NetworkAddress;
  readonly receiver: NetworkAddress;
};

/** One side of one introduction may not have more than this looked at: 20 in its description, 20 trickled. */
const CANDIDATES_MAX = 40;

/**
 * Addresses that the tracker cannot hold against the sender's: those of relays, and those of the other IP family. A TURN
 * server and a line of each family make four; an attacker can point each viewer that it meets at four, and no more.
 */
const UNPROVEN_ADDRESSES_MAX = 4;

/** Counts what one side of one introduction has signalled. */
export class CandidateBudget {
  private candidates = 0;
  private readonly unproven: string[] = [];

  /** `unprovenAddress`: the one that could not be checked, if there is one. */
  take(unprovenAddress: string | undefined): boolean {
    if (this.candidates >= CANDIDATES_MAX) return false;
    if (unprovenAddress !== undefined && !this.unproven.includes(unprovenAddress)) {
      if (this.unproven.length >= UNPROVEN_ADDRESSES_MAX) return false;
      this.unproven.push(unprovenAddress);
    }
    this.candidates++;
    return true;
  }
}

/** `candidate:…` written anew (with or without `a=` before), or undefined where it must not reach the other side. */
export function guardCandidate(text: string, route: SignalRoute, budget: CandidateBudget): string | undefined {
  const candidate = parseCandidate(text);
  if (!candidate) return undefined;
  const verdict = judge(candidate, route);
  if (verdict === 'refused') return undefined;
  if (!budget.take(verdict === 'unproven' ? candidate.host : undefined)) return undefined;
  return formatCandidate(candidate);
}

type CandidateType = 'host' | 'srflx' | 'relay';

type Candidate = {
  readonly foundation: string;
  readonly priority: number;
  /** Canonical: an address, or a name made by a browser for multicast DNS. */
  readonly host: string;
  /** Undefined for a name. */
  readonly address: NetworkAddress | undefined;
  readonly port: number;
  readonly type: CandidateType;
  /** `generation 0 ufrag abcd`: what both sides need to tell old candidates from new. */
  readonly extensions: readonly string[];
};

function parseCandidate(text: string): Candidate | undefined {
  if (!/^(a=)?candidate:[\x20-\x7e]+$/.test(text)) return undefined;
  const words = text.slice(text.indexOf(':') + 1).split(' ');
  const [foundation = '', component, transport = '', priorityText = '', host = '', portText = '', typ, type = ''] =
    words;
  // Data channels have one component, and TCP candidates would make the other side open connections.
  if (component !== '1' || transport.toLowerCase() !== 'udp' || typ !== 'typ') return undefined;
  if (!/^[A-Za-z0-9+/]{1,32}$/.test(foundation)) return undefined;
  const priority = wholeNumber(priorityText, 0xffff_ffff);
  const port = wholeNumber(portText, 65_535);
  // Below 1024 live the services that a hostile page would like to reach.
  if (priority === undefined || port === undefined || port < 1024) return undefined;
  if (type !== 'host' && type !== 'srflx' && type !== 'relay') return undefined;
  const address = parseNetworkAddress(host);
  if (!address && !MULTICAST_DNS_NAME.test(host)) return undefined;
  return {
    foundation,
    priority,
    host: address ? formatNetworkAddress(address) : host.toLowerCase(),
    address,
    port,
    type,
    extensions: keptExtensions(words.slice(8)),
  };
}

/** draft-ietf-mmusic-mdns-ice-candidates: browsers hide their local address behind a random UUID. */
const MULTICAST_DNS_NAME = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.local$/i;

type Verdict = 'proven' | 'unproven' | 'refused';

function judge(candidate: Candidate, route: SignalRoute): Verdict {
  const { address, type } = candidate;
  // A name is resolved by multicast in the receiver's own network: it can point nowhere else.
  if (!address) return type === 'host' ? 'proven' : 'refused';
  const isSenderLocal = isLocal(route.sender);
  switch (address.reach) {
    case 'nowhere':
      return 'refused';
    case 'loopback':
      // Everything on one machine: tests, and somebody trying it out.
      return route.sender.reach === 'loopback' && route.receiver.reach === 'loopback' ? 'proven' : 'refused';
    case 'private':
      // Means something only where both are in one network: behind one public address, or known to us by local ones.
      if (isSenderLocal && isLocal(route.receiver)) return 'proven';
      return subscriberKey(route.sender) === subscriberKey(route.receiver) ? 'proven' : 'refused';
    case 'public':
      // Seen from its own network the tracker does not know a sender's public address: a seeder beside us, a LAN party.
      if (isSenderLocal) return 'proven';
      if (type === 'relay' || address.family !== route.sender.family) return 'unproven';
      if (address.family === 6) return subscriberKey(address) === subscriberKey(route.sender) ? 'proven' : 'refused';
      return isSameAddress(address, route.sender) ? 'proven' : 'refused';
  }
}

function isLocal(address: NetworkAddress): boolean {
  return address.reach === 'loopback' || address.reach === 'private';
}

function formatCandidate(candidate: Candidate): string {
  const { foundation, priority, host, port, type } = candidate;
  const words = [`candidate:${foundation}`, '1', 'udp', priority, host, port, 'typ', type];
  // The grammar wants a related address here; the real one is the sender's in its own network, and nobody's business.
  if (type !== 'host') words.push('raddr', candidate.address?.family === 6 ? '::' : '0.0.0.0', 'rport', 0);
  return [...words, ...candidate.extensions].join(' ');
}

/** Extensions that mean something to the other side, each with the only form it has. */
const EXTENSIONS: readonly (readonly [string, RegExp])[] = [
  ['generation', /^\d{1,5}$/],
  ['ufrag', /^[A-Za-z0-9+/]{4,256}$/],
  ['network-id', /^\d{1,5}$/],
  ['network-cost', /^\d{1,5}$/],
];

function keptExtensions(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (const [key, form] of EXTENSIONS) {
    const at = words.findIndex((word, index) => index % 2 === 0 && word === key);
    const value = at < 0 ? undefined : words[at + 1];
    if (value !== undefined && form.test(value)) kept.push(key, value);
  }
  return kept;
}

function wholeNumber(text: string, max: number): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}
