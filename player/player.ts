import { SwarmtubeError } from '../shared/basics/errors.ts';
import type { Epoch, Millis } from '../shared/basics/units.ts';
import { createBrowserTimer } from '../shared/driver/browser/worker-timer.ts';
import type { WakeupTimer } from '../shared/driver/ports.ts';
import type { ChannelDescription } from '../shared/wire/channel-description.ts';
import { ChannelSession } from './channel-session.ts';
import { watchConditions } from './conditions.ts';
import { checkedP2p, type P2pMode, type PlayerOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { Playback } from './playback-loop.ts';
import { EMPTY_STATS, type PlayerState, type PlayerStats } from './stats.ts';
import { TrafficSources } from './traffic-sources.ts';
import { findUnplayable, type Unplayable } from './unplayable.ts';

/** Carries what went wrong: `code` for programs, `message` for a person. */
export class PlayerErrorEvent extends Event {
  readonly code: string;
  readonly message: string;

  constructor(error: SwarmtubeError) {
    super('error');
    this.code = error.code;
    this.message = error.message;
  }
}

const TICK_MS = 100;
const STATS_MS = 1_000;
/** The server is asked again when nothing has played for so long, and then knows every track. */
const HOPELESS_AFTER_MS = 2_500;
/** What is true of a player that has let go of everything. */
const AT_REST = { peers: 0, latencyMs: 0, bufferMs: 0, source: 'none' } as const;

/**
 * Plays one live channel in a video element: takes packets from other viewers and from the server, checks them, and gives
 * on what it has. Events: `statechange`, `stats` (once a second), `error` (`PlayerErrorEvent`), `live` (a broadcast begins).
 *
 *   idle ──► joining ──► playing ◄──► stalled          failed: only a new `src` or key helps
 *                           ▲  └────► paused, ended (and joining again when the broadcast is resumed)
 *   Destroyed it is idle again, and for good.
 */
export class SwarmPlayer extends EventTarget {
  readonly video: HTMLVideoElement;
  private readonly resolved: ResolvedOptions;
  private readonly timer: WakeupTimer = createBrowserTimer();
  private readonly playback: Playback;
  private readonly traffic = new TrafficSources();
  private session: ChannelSession | undefined;
  private stopConditions: (() => void) | undefined;
  private p2p: P2pMode;
  private isReceiveOnly = false;
  private lastStats: PlayerStats = EMPTY_STATS;
  private nextStatsMs = 0;
  private described: ChannelDescription | undefined;
  private liveEpoch: Epoch | undefined;
  private readonly refusedCodecs = new Set<string>();
  private unplayable: Unplayable | undefined;
  private waitingSinceMs: Millis | undefined;
  private failure: SwarmtubeError | undefined;
  private isDestroyed = false;

  /** Throws `TypeError` where the page's options are wrong. Starts at once if the video or the options say `autoplay`. */
  constructor(video: HTMLVideoElement, options: PlayerOptions) {
    super();
    if (!(video instanceof HTMLVideoElement)) throw new TypeError('SwarmPlayer needs a <video> element');
    this.video = video;
    this.resolved = resolveOptions(options, document.baseURI);
    this.p2p = this.resolved.p2p;
    video.playsInline = true;
    this.playback = new Playback(video, {
      targetLatencyMs: this.resolved.targetLatencyMs,
      keptSeconds: this.resolved.playbackSeconds,
      onStarving: () => this.session?.refresh(),
      onLost: () => this.session?.restart(),
      onError: (error, isFatal) => this.report(error, isFatal),
      onUnsupported: (codec) => {
        this.refusedCodecs.add(codec);
        this.session?.refresh(); // to know the tracks as they are now
      },
      onPlayRequested: () => this.begin(),
    });
    if (options.autoplay ?? video.autoplay) this.play();
  }

  get stats(): PlayerStats {
    return this.lastStats;
  }

  get state(): PlayerState {
    return this.lastStats.state;
  }

  /** What the server last said about the channel. */
  get description(): ChannelDescription | undefined {
    return this.described;
  }

  /** The reason of the state `failed`. */
  get error(): SwarmtubeError | undefined {
    return this.failure;
  }

  /** Why the picture does not move, in a sentence for the viewer; undefined while it does, and while nothing is known. */
  get trouble(): string | undefined {
    if (this.failure !== undefined) return this.failure.message;
    if (this.waitingSinceMs === undefined) return undefined;
    return this.unplayable?.isAll ? this.unplayable.sentence : this.session?.explainWait(this.waitingSinceMs);
  }

  /** Which of picture and sound is missing while the other one plays, and why: a sentence for the viewer. */
  get note(): string | undefined {
    return this.unplayable?.isAll === false ? this.unplayable.sentence : undefined;
  }

  /** True while the viewer has to be asked before other viewers may be connected to (`p2p="ask"`). */
  get isConsentWanted(): boolean {
    return this.p2p === 'ask';
  }

  /** True if the browser only let the picture start without sound. */
  get isMutedByBrowser(): boolean {
    return this.playback.isMutedByBrowser;
  }

  /** True while what is on screen is the live edge, and not an instant replay. */
  get isAtLive(): boolean {
    return this.playback.isAtLive;
  }

  play(): void {
    if (this.isDestroyed) return;
    this.playback.play();
    this.begin();
  }

  pause(): void {
    this.playback.pause();
  }

  /** Back from an instant replay to the live edge. */
  goLive(): void {
    if (this.isDestroyed) return;
    this.begin();
    this.playback.goLive();
  }

  /** Changes who is connected to, e.g. after the viewer was asked. Throws `TypeError` where there is no such mode. */
  setP2p(mode: P2pMode): void {
    this.p2p = checkedP2p(mode);
    this.applyP2p();
  }

  /** Lets go of everything: connections, media, timers. The video element is left empty. */
  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.timer.close();
    this.stopConditions?.();
    this.session?.close();
    this.playback.close();
    this.setState('idle');
  }

  private begin(): void {
    if (this.session !== undefined || this.isDestroyed || this.failure !== undefined) return;
    this.playback.begin(nowMs());
    if (this.hasFailed()) return;
    this.session = new ChannelSession(this.resolved, this.isSwarmWanted(), nowMs, {
      onEpoch: (epoch, startSequence) => {
        this.playback.startEpoch(epoch, startSequence);
        if (epoch !== this.liveEpoch) this.dispatchEvent(new Event('live'));
        this.liveEpoch = epoch;
      },
      onPacket: (packet) => this.playback.push(packet, nowMs()),
      onClock: (offsetMs) => this.playback.setWallOffset(offsetMs),
      onDescription: (description) => {
        this.described = description;
        this.judgeTracks(description);
      },
      onOver: () => {
        this.playback.finish();
        this.liveEpoch = undefined;
      },
      onError: (error, isFatal) => this.report(error, isFatal),
    });
    this.stopConditions = watchConditions((isReceiveOnly) => {
      this.isReceiveOnly = isReceiveOnly;
      this.applyP2p();
    });
    this.tick();
  }

  /** A function, as it changes behind the back of whoever just looked. */
  private hasFailed(): boolean {
    return this.failure !== undefined;
  }

  private isSwarmWanted(): boolean {
    return this.p2p === 'on' || this.p2p === 'receive';
  }

  private applyP2p(): void {
    const isReceiveOnly = this.isReceiveOnly || this.p2p === 'receive';
    this.session?.setUploadLimit(isReceiveOnly ? 0 : this.resolved.uploadLimitBytesPerSecond);
    this.session?.setSwarmWanted(this.isSwarmWanted());
  }

  private tick(): void {
    if (this.isDestroyed || this.failure !== undefined) return;
    const now = nowMs();
    this.playback.tick(now);
    const next = this.playback.wanted;
    if (next !== undefined) this.session?.setPlayback(next.targetLatencyMs, next.nextSequence);
    this.setState(this.playback.state);
    if (now >= this.nextStatsMs) this.publishStats(now);
    this.timer.schedule(TICK_MS, () => this.tick());
  }

  private publishStats(now: Millis): void {
    this.nextStatsMs = now + STATS_MS;
    this.session?.checkSignatures();
    this.lastStats = this.collectStats(now, this.state);
    this.dispatchEvent(new Event('stats'));
  }

  private collectStats(now: Millis, state: PlayerState): PlayerStats {
    const engine = this.session?.snapshot();
    const bytesFromPeers = engine?.bytesFromPeers ?? 0;
    const bytesFromServer = engine?.bytesFromServer ?? 0;
    return {
      ...this.playback.figures(now),
      state,
      peers: engine?.links ?? 0,
      bytesFromPeers,
      bytesFromServer,
      bytesToPeers: engine?.bytesToPeers ?? 0,
      packetsFromPeers: engine?.packetsFromPeers ?? 0,
      packetsFromServer: engine?.packetsFromServer ?? 0,
      packetsRejected: engine?.packetsRejected ?? 0,
      packetsDuplicate: engine?.packetsDuplicate ?? 0,
      source: this.traffic.observe(bytesFromPeers, bytesFromServer, now),
      newestSequence: engine?.newestSequence ?? 0,
      epoch: engine?.epoch ?? 0,
      ...((state === 'idle' || state === 'failed') && AT_REST),
    };
  }

  private setState(state: PlayerState): void {
    if (state === this.state && !this.isDestroyed) return;
    this.waitingSinceMs = state === 'joining' || state === 'stalled' ? (this.waitingSinceMs ?? nowMs()) : undefined;
    // It plays after all: another track came since the server was asked.
    if (state === 'playing' && this.unplayable?.isAll) this.session?.refresh();
    this.lastStats = this.collectStats(nowMs(), state);
    this.dispatchEvent(new Event('statechange'));
  }

  /** By what the server says of the tracks, and what the browser said of them. */
  private judgeTracks({ live, tracks }: ChannelDescription): void {
    const before = this.unplayable?.sentence;
    this.unplayable = live ? findUnplayable(tracks, this.refusedCodecs) : undefined;
    if (this.unplayable === undefined) return;
    const { isAll, sentence } = this.unplayable;
    // Of a broadcast that just begins, not all tracks are known.
    const isHopeless = isAll && nowMs() - (this.waitingSinceMs ?? Number.POSITIVE_INFINITY) >= HOPELESS_AFTER_MS;
    if (isHopeless || sentence !== before) this.report(new SwarmtubeError('codec-unsupported', sentence), isHopeless);
  }

  private report(error: SwarmtubeError, isFatal: boolean): void {
    if (this.isDestroyed) return;
    if (isFatal) {
      this.failure = error;
      this.session?.close();
      this.playback.pause();
      this.setState('failed');
    }
    this.dispatchEvent(new PlayerErrorEvent(error));
  }
}

function nowMs(): Millis {
  return performance.now() as Millis;
}
