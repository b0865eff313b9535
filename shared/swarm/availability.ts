import type { Sequence } from '../basics/units.ts';
import { encodeHave, HAVE_MAP_BYTES, type Have, LAG_MS_MAX } from '../wire/have.ts';
import { HAVE_BITS } from '../wire/limits.ts';
import type { Children } from './children.ts';
import { type EngineContext, sendControlBytes } from './engine-context.ts';
import type { FeedReport } from './feed-report.ts';
import { HaveMap } from './have-map.ts';
import type { Link } from './link.ts';
import type { Uplink } from './uplink.ts';

const SLOTS_FIELD_MAX = 255;

/** What we tell the neighbours that we hold and offer, and what they tell us. */
export class Availability {
  private readonly context: EngineContext;
  private readonly feedReport: FeedReport;
  private readonly children: Children;
  private readonly uplink: Uplink;
  private sentMs = Number.NEGATIVE_INFINITY;

  constructor(context: EngineContext, feedReport: FeedReport, children: Children, uplink: Uplink) {
    this.context = context;
    this.feedReport = feedReport;
    this.children = children;
    this.uplink = uplink;
  }

  /** False: the map is of another epoch, and says that nothing of ours is to be had there. */
  received(link: Link, have: Have): boolean {
    const { context } = this;
    if (have.epoch !== context.epoch || have.substreams.length !== context.config.substreams) {
      link.map = undefined;
      return false;
    }
    link.noteHave(have, new HaveMap(have), context.nowMs);
    return true;
  }

  /** The timer, or something changed that neighbours wait for: not more often than `haveIntervalMsMin`. */
  onHaveTimer(): void {
    const { context } = this;
    const { config, nowMs, random, timers, links } = context;
    const soonestMs = this.sentMs + config.haveIntervalMsMin;
    if (nowMs < soonestMs) {
      timers.setSooner('have', soonestMs);
      return;
    }
    // Where upload is short a free slot is what everybody waits for.
    const share = context.swarm.isShort ? 0.5 : 1;
    timers.set('have', nowMs + Math.round(config.haveIntervalMs * share * random.between(0.9, 1.1)));
    if (context.epoch === undefined || links.size === 0) return;
    this.sentMs = nowMs;
    const bytes = this.encode();
    for (const link of links.list) if (link.node !== undefined) sendControlBytes(context, link, bytes);
  }

  /** To a neighbour that has just come. */
  sendTo(link: Link): void {
    if (this.context.epoch !== undefined) sendControlBytes(this.context, link, this.encode());
  }

  private encode(): Uint8Array {
    const { context, children } = this;
    const { ring, substreams, epoch } = context;
    const base = Math.max(0, ring.newest - HAVE_BITS + 1);
    const map = new Uint8Array(HAVE_MAP_BYTES);
    for (let at = 0; at < HAVE_BITS; at++) {
      if (this.isOffered(base + at)) map[at >> 3] = (map[at >> 3] as number) | (0x80 >> (at & 7));
    }
    let openSubstreams = 0;
    for (const substream of substreams) if (children.isOpen(substream)) openSubstreams |= 1 << substream.index;
    const have: Have = {
      type: 'have',
      epoch: epoch ?? (0 as never),
      base: base as Sequence,
      map,
      openSubstreams,
      slotsFree: Math.min(SLOTS_FIELD_MAX, children.slotsFree),
      uplinkBytesPerSecond: Math.round(this.uplink.bytesPerSecond),
      substreams: substreams.map((substream) => {
        const lagMs = this.feedReport.lagMs(substream);
        return {
          lagMs: lagMs === undefined ? undefined : Math.min(LAG_MS_MAX, Math.round(lagMs)),
          weakestStrength: children.weakestStrength(substream),
          children: Math.min(255, substream.children.length),
        };
      }),
    };
    return encodeHave(have);
  }

  /** Held and verified. Who may not upload offers nothing, so that nobody asks in vain. */
  private isOffered(sequence: number): boolean {
    return this.uplink.bytesPerSecond > 0 && this.context.ring.has(sequence);
  }
}
