import type { Commitment } from '../wire/tracker-messages.ts';
import type { EngineContext } from './engine-context.ts';
import type { Substream } from './substream.ts';
import type { Uplink } from './uplink.ts';

/** Without a word from the tracker for so long a peer chooses for itself. */
const WAIT_MS = 3000;

/**
 * In which sub-streams this peer means to fan out: as many as its slots are worth (docs/ALGORITHM.md 6). The tracker, which knows
 * where supply is least, names the first ones; the uplink that is measured since decides how many they stay.
 */
export class Commitments {
  private readonly context: EngineContext;
  private readonly uplink: Uplink;
  private isTold = false;

  constructor(context: EngineContext, uplink: Uplink) {
    this.context = context;
    this.uplink = uplink;
  }

  given(commitments: readonly Commitment[]): void {
    if (commitments.length === 0) return;
    this.isTold = true;
    for (const substream of this.context.substreams) substream.commitment = 0;
    for (const { substream, fan } of commitments) {
      const committed = this.context.substreams[substream];
      if (committed !== undefined) committed.commitment = Math.max(0, Math.min(254, Math.floor(fan)));
    }
  }

  /** After each measurement: one sub-stream more or less, and the slots shared among them. */
  consider(): void {
    const { context, uplink } = this;
    const { config, clock, nowMs, startedMs, substreams, role, epoch } = context;
    if (role === 'seeder' || epoch === undefined || !clock.isMeasured) return;
    if (!this.isTold && nowMs - startedMs < WAIT_MS) return;
    const wanted = uplink.slots === 0 ? 0 : clamp(Math.round(uplink.slots / config.fan), 1, config.substreams);
    let committed = substreams.filter((substream) => substream.commitment > 0);
    if (committed.length < wanted) {
      const added = this.favourite(substreams.filter((substream) => substream.commitment === 0));
      if (added !== undefined) committed.push(added);
    } else if (committed.length > wanted) {
      const dropped = committed.toSorted((one, other) => one.children.length - other.children.length)[0];
      if (dropped !== undefined) dropped.commitment = 0;
      committed = committed.filter((substream) => substream !== dropped);
    }
    for (const substream of committed) {
      substream.commitment = clamp(Math.ceil(uplink.slots / committed.length), 1, 254);
    }
  }

  /** Where there are children already, else by chance. */
  private favourite(candidates: readonly Substream[]): Substream | undefined {
    const most = Math.max(...candidates.map((substream) => substream.children.length));
    const best = candidates.filter((substream) => substream.children.length === most);
    return best[this.context.random.below(best.length)];
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
