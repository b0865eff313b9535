/** An IP address as the tracker reasons about it: IPv4-mapped IPv6 addresses have become IPv4. */
export type NetworkAddress = {
  readonly family: 4 | 6;
  /** 4 or 8 numbers: bytes of IPv4, 16-bit groups of IPv6. */
  readonly parts: readonly number[];
  readonly reach: AddressReach;
};

/** How far an address means the same thing. `nowhere`: no packet should ever be sent there on a peer's word. */
export type AddressReach = 'public' | 'private' | 'loopback' | 'nowhere';

/** Reads dotted IPv4 and any form of IPv6, without zone, port or brackets. Anything else (also `0x7f.1`, `127.1`): undefined. */
export function parseNetworkAddress(text: string): NetworkAddress | undefined {
  const v4 = parseIpv4(text);
  if (v4) return { family: 4, parts: v4, reach: reachOfIpv4(v4) };
  const v6 = parseIpv6(text);
  if (!v6) return undefined;
  const embedded = mappedIpv4(v6);
  if (embedded) return { family: 4, parts: embedded, reach: reachOfIpv4(embedded) };
  return { family: 6, parts: v6, reach: reachOfIpv6(v6) };
}

/** The canonical text: what goes into a rebuilt description instead of what a peer wrote. */
export function formatNetworkAddress(address: NetworkAddress): string {
  if (address.family === 4) return address.parts.join('.');
  return address.parts.map((group) => group.toString(16)).join(':');
}

export function isSameAddress(a: NetworkAddress, b: NetworkAddress): boolean {
  return a.family === b.family && a.parts.every((part, index) => part === b.parts[index]);
}

/**
 * Whose line it is: an IPv4 address, or the /64 of an IPv6 one, in which a host changes its address at will (RFC 8981).
 * Limits are counted by it, and a public address is held to be the sender's own by it.
 */
export function subscriberKey(address: NetworkAddress): string {
  return prefixKey(address, 4);
}

/** Neighbours in the network: /24 of IPv4, /48 of IPv6. Media that stays inside one of them is short and free. */
export function neighbourhoodKey(address: NetworkAddress): string {
  return prefixKey(address, 3);
}

/** Different owners, most likely: /16 of IPv4, /32 of IPv6. What counts as independent witnesses. */
export function ownerKey(address: NetworkAddress): string {
  return prefixKey(address, 2);
}

function prefixKey(address: NetworkAddress, partCount: number): string {
  return `${address.family}:${address.parts.slice(0, partCount).join('.')}`;
}

function parseIpv4(text: string): number[] | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  const digits = match.slice(1);
  // A leading zero is octal to some resolvers and decimal to others.
  if (digits.some((digit) => (digit.length > 1 && digit.startsWith('0')) || Number(digit) > 255)) return undefined;
  return digits.map(Number);
}

function parseIpv6(text: string): number[] | undefined {
  if (text.length > 45 || !/^[0-9a-fA-F:.]+$/.test(text) || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Colon-separated groups; the last one may be dotted IPv4 where the text ends with it. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const words = text.split(':');
  for (const [index, word] of words.entries()) {
    const ipv4 = mayEndInIpv4 && index === words.length - 1 ? parseIpv4(word) : undefined;
    if (ipv4) groups.push(((ipv4[0] ?? 0) << 8) | (ipv4[1] ?? 0), ((ipv4[2] ?? 0) << 8) | (ipv4[3] ?? 0));
    else if (/^[0-9a-fA-F]{1,4}$/.test(word)) groups.push(Number.parseInt(word, 16));
    else return undefined;
  }
  return groups;
}

function mappedIpv4(groups: readonly number[]): number[] | undefined {
  if (!groups.slice(0, 5).every((group) => group === 0) || groups[5] !== 0xffff) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 0xff, low >> 8, low & 0xff];
}

/** RFC 6890, RFC 1112, RFC 6598 (carrier-grade NAT counts as private: it means nothing outside of one carrier). */
function reachOfIpv4(parts: readonly number[]): AddressReach {
  const [a = 0, b = 0] = parts;
  if (a === 127) return 'loopback';
  if (a === 0 || a >= 224 || (a === 169 && b === 254)) return 'nowhere';
  if (a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return 'private';
  return a === 100 && b >= 64 && b < 128 ? 'private' : 'public';
}

/**
 * RFC 4291, RFC 4193. Only what is assigned as unicast (2000::/3) is public. 6to4, Teredo and NAT64 carry an IPv4
 * address that the rules above never saw, so they lead nowhere: no browser offers them as candidates of its own.
 */
function reachOfIpv6(groups: readonly number[]): AddressReach {
  const [first = 0, second = 0] = groups;
  if (groups.slice(0, 7).every((group) => group === 0) && groups[7] === 1) return 'loopback';
  if ((first & 0xfe00) === 0xfc00) return 'private';
  if (first === 0x2002 || (first === 0x2001 && second === 0)) return 'nowhere';
  return (first & 0xe000) === 0x2000 ? 'public' : 'nowhere';
}
