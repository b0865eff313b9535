import type { Millis } from '../basics/units.ts';
import type { Link } from './link.ts';

/** A question under way: SUBSCRIBE was sent, neither ACCEPT nor REFUSE has come. */
export type Ask = {
  readonly link: Link;
  readonly untilMs: Millis;
  /** `replace`: the parent is overdue, so it is left on ACCEPT. `upgrade`: it works, so it is left on the first packet. */
  readonly purpose: 'find' | 'replace' | 'upgrade';
  /** Its first packet overtook its ACCEPT. */
  hasPushed: boolean;
};

export type Parent = {
  readonly link: Link;
  readonly acceptedMs: Millis;
  hasPushed: boolean;
  /** Highest sequence it pushed; what comes next is judged by it, not by what rescue brought. */
  frontSequence: number;
  /** Peers between the source and us, the parent last. */
  path: readonly number[];
};

/*
 * Who feeds a sub-stream. Changed in subscriptions.ts only, by `setFeed`:
 *
 *            ask               ACCEPT              ask            ACCEPT (upgrade)
 *   idle ───────────► asking ──────────► fed ───────────► fed-asking ──────────► fed-switching
 *    ▲ ▲   refused,     │                │ ▲  refused,        │ │                 │ first packet of the next
 *    │ └────timeout─────┘                │ └────timeout───────┘ └─ACCEPT (replace)┴──────────► fed
 *    └───── evicted, closed, dead ───────┘
 */
export type Feed =
  | { readonly kind: 'idle'; readonly sinceMs: Millis }
  | { readonly kind: 'asking'; readonly sinceMs: Millis; readonly ask: Ask }
  | { readonly kind: 'fed'; readonly parent: Parent }
  | { readonly kind: 'fed-asking'; readonly parent: Parent; readonly ask: Ask }
  | { readonly kind: 'fed-switching'; readonly parent: Parent; readonly next: Parent };

/** A place in another peer's upload that we give: one sub-stream to one neighbour. */
export type Child = {
  readonly link: Link;
  strength: number;
  /** Displaced, and fed until then all the same. */
  graceUntilMs: Millis | undefined;
};

/** Everything about one sub-stream at one peer. */
export type Substream = {
  readonly index: number;
  feed: Feed;
  /** Capture to arrival here, mean and mean deviation over pushed packets; undefined until one came. */
  lagMs: number | undefined;
  deviationMs: number;
  /** Highest sequence held. */
  lastSequence: number;
  /** The parent's next packet is: another way is looked for. */
  isOverdue: boolean;
  /** Rescues since a peer last pushed. */
  rescuesInRow: number;
  /** Strongest first, ties by id. */
  children: Child[];
  /** Children this peer means to have here; 0: a leaf. */
  commitment: number;
  /** At a seeder: until when a child beside its copies stays. */
  spareUntilMs: Millis;
  /** Who displaced us, and feeds us until another does. */
  graceLink: Link | undefined;
  /** What the children were last told. */
  announcedPath: readonly number[];
};

export function makeSubstream(index: number, nowMs: Millis): Substream {
  return {
    index,
    feed: { kind: 'idle', sinceMs: nowMs },
    lagMs: undefined,
    deviationMs: 0,
    lastSequence: -1,
    isOverdue: false,
    rescuesInRow: 0,
    children: [],
    commitment: 0,
    spareUntilMs: nowMs,
    graceLink: undefined,
    announcedPath: [],
  };
}

export function parentOf(substream: Substream): Parent | undefined {
  const { feed } = substream;
  return feed.kind === 'idle' || feed.kind === 'asking' ? undefined : feed.parent;
}

export function askOf(substream: Substream): Ask | undefined {
  const { feed } = substream;
  return feed.kind === 'asking' || feed.kind === 'fed-asking' ? feed.ask : undefined;
}

/**
 * What others weigh when someone must go (docs/ALGORITHM.md 3): the fan-out meant, else the children there are. One is added for
 * whoever uploads at all, so that a receiver only never keeps a place near the source.
 */
export function strengthIn(substream: Substream, slots: number): number {
  if (slots === 0) return 0;
  return Math.min(254, 1 + (substream.commitment > 0 ? substream.commitment : substream.children.length));
}
