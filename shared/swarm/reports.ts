import type { Bans } from './bans.ts';
import type { Children } from './children.ts';
import type { EngineContext } from './engine-context.ts';
import type { FeedReport } from './feed-report.ts';
import type { Uplink } from './uplink.ts';

/** A change of lag that the tracker should hear of, ms. */
const LAG_STEP_MS = 100;

type Counters = { readonly bytesFromPeers: number; readonly bytesFromServer: number; readonly bytesToPeers: number };

/** What the tracker is told: every two seconds when something changed, else every ten. */
export class Reports {
  private readonly context: EngineContext;
  private readonly feedReport: FeedReport;
  private readonly children: Children;
  private readonly uplink: Uplink;
  private readonly bans: Bans;
  private toldMs = Number.NEGATIVE_INFINITY;
  private told = '';
  private counted: Counters = { bytesFromPeers: 0, bytesFromServer: 0, bytesToPeers: 0 };

  constructor(context: EngineContext, feedReport: FeedReport, children: Children, uplink: Uplink, bans: Bans) {
    this.context = context;
    this.feedReport = feedReport;
    this.children = children;
    this.uplink = uplink;
    this.bans = bans;
  }

  onReportTimer(): void {
    const { context } = this;
    const { config, nowMs, timers, statistics, links } = context;
    timers.set('report', nowMs + config.reportIntervalMs);
    if (!context.isTrackerConnected || context.epoch === undefined) return;
    const lagMs = context.substreams.map((substream) => this.feedReport.lagMs(substream) ?? -1);
    const steps = lagMs.map((lag) => Math.floor(lag / LAG_STEP_MS));
    const state = `${this.uplink.slots} ${this.children.used} ${links.size} ${steps.join(' ')}`;
    if (state === this.told && nowMs - this.toldMs < config.reportIntervalMsMax) return;
    this.told = state;
    this.toldMs = nowMs;
    const { counted } = this;
    this.counted = {
      bytesFromPeers: statistics.bytesFromPeers,
      bytesFromServer: statistics.bytesFromServer,
      bytesToPeers: statistics.bytesToPeers,
    };
    context.outputs.push({
      type: 'report',
      report: {
        slots: this.uplink.slots,
        slotsUsed: this.children.used,
        lagMs,
        links: links.size,
        bytesFromPeers: statistics.bytesFromPeers - counted.bytesFromPeers,
        bytesFromServer: statistics.bytesFromServer - counted.bytesFromServer,
        bytesToPeers: statistics.bytesToPeers - counted.bytesToPeers,
        // What only playback knows: the driver fills these in.
        latencyMs: 0,
        stalls: 0,
        stallMs: 0,
        banned: this.bans.takeFresh(),
      },
    });
  }
}
