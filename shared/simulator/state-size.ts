/** What a peer holds, as counted from outside: everything that can grow, wherever it is. */
export type StateSize = {
  /** Entries of all maps, sets and lists together. */
  readonly entries: number;
  /** The longest of them, and where it is. */
  readonly longest: number;
  readonly path: string;
};

const DEPTH_MAX = 12;

/**
 * Counts the entries of every map, set and list that can be reached from an object. Knows nothing of what it counts, so that a
 * table that is added tomorrow is bounded like those of today. Bytes, and packets, which have some, are not entered; what is shared is counted once.
 */
export function stateSize(root: object): StateSize {
  const seen = new Set<object>();
  let entries = 0;
  let longest = 0;
  let path = '';
  const count = (size: number, at: string): void => {
    entries += size;
    if (size <= longest) return;
    longest = size;
    path = at;
  };
  // Every peer is weighed again and again: what holds nothing is passed by before anything is made for it.
  const visit = (value: unknown, at: string, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return;
    if (
      ('bytes' in value && ArrayBuffer.isView(value.bytes)) ||
      ArrayBuffer.isView(value) ||
      value instanceof ArrayBuffer ||
      seen.has(value)
    )
      return;
    seen.add(value);
    if (value instanceof Map || value instanceof Set) {
      count(value.size, at);
      visitAll(value instanceof Map ? value.values() : value, `${at}[]`, depth + 1);
    } else if (Array.isArray(value)) {
      count(value.length, at);
      visitAll(value, `${at}[]`, depth + 1);
    } else {
      for (const name in value) {
        const item = value[name as keyof typeof value] as unknown;
        if (typeof item === 'object' && item !== null) visit(item, at === '' ? name : `${at}.${name}`, depth + 1);
      }
    }
  };
  const visitAll = (items: Iterable<unknown>, at: string, depth: number): void => {
    for (const item of items) visit(item, at, depth);
  };
  visit(root, '', 0);
  return { entries, longest, path };
}
