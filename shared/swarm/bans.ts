import type { Millis, PeerId } from '../basics/units.ts';
import type { EngineConfig } from './engine-config.ts';

type Record = { times: number; untilMs: number };

/** Peers remembered: the longest quiet goes when it is full. */
const REMEMBERED_MAX = 512;

/** Who proved faulty, and until when it is neither called nor answered; outlives the connection. Also who merely flooded. */
export class Bans {
  private readonly config: EngineConfig;
  private readonly records = new Map<PeerId, Record>();
  /** Banned since the last report to the tracker. */
  private fresh: PeerId[] = [];

  constructor(config: EngineConfig) {
    this.config = config;
  }

  isBanned(peer: PeerId, nowMs: Millis): boolean {
    const record = this.records.get(peer);
    return record !== undefined && record.untilMs > nowMs;
  }

  /** For what only a faulty peer can do. Each time for twice as long. */
  ban(peer: PeerId, nowMs: Millis): Millis {
    const record = this.remember(peer);
    const forMs = Math.min(this.config.banMsMax, this.config.banMs * 2 ** record.times);
    record.times = Math.min(record.times + 1, 30);
    record.untilMs = Math.max(record.untilMs, nowMs + forMs);
    if (this.fresh.length < REMEMBERED_MAX) this.fresh.push(peer);
    return record.untilMs as Millis;
  }

  /** For what a poor or confused peer may do too: kept away, and nobody is told. */
  avoid(peer: PeerId, forMs: number, nowMs: Millis): void {
    const record = this.remember(peer);
    record.untilMs = Math.max(record.untilMs, nowMs + forMs);
  }

  /** Whom the tracker should introduce to nobody; each told once. */
  takeFresh(): readonly PeerId[] {
    const { fresh } = this;
    this.fresh = [];
    return fresh;
  }

  private remember(peer: PeerId): Record {
    const record = this.records.get(peer) ?? { times: 0, untilMs: Number.NEGATIVE_INFINITY };
    // The last touched stands last.
    this.records.delete(peer);
    this.records.set(peer, record);
    if (this.records.size > REMEMBERED_MAX) {
      for (const oldest of this.records.keys()) {
        this.records.delete(oldest);
        break;
      }
    }
    return record;
  }
}
