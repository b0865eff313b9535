import type { SwarmtubeError } from '../shared/basics/errors.ts';
import type { Epoch, Millis, Sequence } from '../shared/basics/units.ts';
import type { Fragment } from '../shared/fmp4/fragment.ts';
import type { Packet } from '../shared/packets/packet.ts';
import type { ExpectedTracks } from './mse/media-sink.ts';
import { isTypeSupported } from './mse/media-source.ts';
import { RenewableSink } from './mse/renewable-sink.ts';
import { Conductor, type Stage } from './playback/conductor.ts';
import { PLACE_INSIDE_SECONDS, type TimeRange } from './playback/gap-rule.ts';
import { MediaPipeline } from './playback/media-pipeline.ts';
import { PlayoutClock } from './playback/playout-clock.ts';
import type { PlayerState, PlayerStats } from './stats.ts';

export type PlaybackOptions = {
  readonly targetLatencyMs: number;
  readonly keptSeconds: number;
  /** Nothing to play for a while: the server may know more. */
  readonly onStarving: () => void;
  /** What comes does not help: begin again at the newest door. */
  readonly onLost: () => void;
  readonly onError: (error: SwarmtubeError, isFatal: boolean) => void;
  readonly onUnsupported: (codec: string) => void;
  /** The viewer used the browser's own controls. */
  readonly onPlayRequested: () => void;
};

type Figures = Pick<PlayerStats, 'latencyMs' | 'bufferMs' | 'targetLatencyMs' | 'firstFrameMs' | 'stalls' | 'stallMs'>;

/** This far behind the target is not lateness any more but an instant replay that the viewer asked for. */
const REPLAY_FROM_MS = 4_000;
/** While paused this much is kept for going on; after that only the live edge is left. */
const PAUSED_SECONDS_MAX = 300;
const EVICT_EACH_MS = 5_000;
/** Between the play head and the end of the buffer after a jump to live. */
const LIVE_MARGIN_SECONDS = 0.4;

/**
 * Holds the video element to the stream: puts media into it, shows the first picture at once, starts it, keeps its
 * distance from live, brings it over holes, and knows what state it is in. All rules are in `playback/`; here they meet
 * the element.
 */
export class Playback implements Stage {
  private readonly video: HTMLVideoElement;
  private readonly options: PlaybackOptions;
  private readonly clock = new PlayoutClock();
  private readonly conductor: Conductor;
  private readonly pipeline: MediaPipeline;
  private readonly sink: RenewableSink;
  private beganMs: Millis | undefined;
  private nowMs = 0 as Millis;
  private firstFrameMs = 0;
  private isPlaced = false;
  private isReplaying = false;
  private isSuspended = false;
  private isEnded = false;
  private isOwnSeek = false;
  private isOwnPause = false;
  /** The page is hidden and the browser stopped the picture to spare itself; the viewer never asked for it. */
  private isPausedByBrowser = false;
  private wasMutedByBrowser = false;
  private lastEvictionMs = 0;
  private liveSinceWallMs: number | undefined;

  constructor(video: HTMLVideoElement, options: PlaybackOptions) {
    this.video = video;
    this.options = options;
    this.conductor = new Conductor(options.targetLatencyMs, this);
    this.sink = new RenewableSink(video, {
      onAppended: () => this.place(this.sink.ranges()),
      onBroken: () => this.reopen(),
      onHopeless: (error) => options.onError(error, true),
    });
    this.pipeline = new MediaPipeline(this.clock, isTypeSupported, {
      onFragments: (fragments, expected) => this.take(fragments, expected),
      onEnd: () => {
        this.conductor.isEndKnown = true;
        this.sink.end();
      },
    });
    for (const [type, listener] of this.listeners) video.addEventListener(type, listener);
    document.addEventListener('visibilitychange', this.onVisibility);
  }

  get state(): PlayerState {
    if (this.beganMs === undefined) return 'idle';
    if (this.isEnded) return 'ended';
    if (this.isPaused) return 'paused';
    if (!this.conductor.isMoving) return 'joining';
    return this.conductor.meter.isStalled ? 'stalled' : 'playing';
  }

  get isMutedByBrowser(): boolean {
    return this.wasMutedByBrowser && this.video.muted;
  }

  get isAtLive(): boolean {
    return !this.isReplaying && this.conductor.isMoving && !this.isPaused && !this.isEnded;
  }

  private get isPaused(): boolean {
    return !this.conductor.wantsToPlay || this.isPausedByBrowser;
  }

  /** What the engine must know: when packets are due, and which one is needed next. Undefined before the first epoch. */
  get wanted(): { readonly targetLatencyMs: number; readonly nextSequence: Sequence } | undefined {
    if (this.conductor.fedMs === undefined && !this.isUnseen) return undefined;
    return { targetLatencyMs: this.conductor.dueLatencyMs, nextSequence: this.pipeline.window.nextSequence };
  }

  /** Makes the element ready before the first packet is asked for. */
  begin(nowMs: Millis): void {
    this.nowMs = nowMs;
    if (this.firstFrameMs === 0) this.beganMs = nowMs;
    this.conductor.progressWatch.restart(nowMs);
    this.video.autoplay = false; // The start rule decides when the picture begins to move.
    if (!this.sink.isOpen) this.openSink();
  }

  setWallOffset(offsetMs: number): void {
    this.clock.setWallOffset(offsetMs);
    this.liveSinceWallMs ??= performance.now() + offsetMs;
  }

  startEpoch(epoch: Epoch, startSequence: Sequence): void {
    this.pipeline.restart(epoch, startSequence);
    this.liveSinceWallMs = this.clock.lagMs(0 as never, performance.now() as Millis);
    this.conductor.isEndKnown = false;
    if (this.isEnded || this.isSuspended) this.openSink();
    this.isEnded = false;
  }

  push(packet: Packet, nowMs: Millis): void {
    this.nowMs = nowMs;
    this.conductor.fedMs ??= nowMs;
    const { captureMs } = packet.header;
    const lag = this.clock.lagMs(captureMs, nowMs);
    // Packets from before we came say nothing about our line.
    if (lag !== undefined && captureMs > (this.liveSinceWallMs ?? 0)) this.conductor.noteArrival(lag, nowMs);
    this.pipeline.push(packet);
  }

  /** The broadcast is over, whether its last packet said so or not: what is there is played to its end. */
  finish(): void {
    if (this.conductor.shownMs !== undefined && !this.conductor.isEndKnown) this.pipeline.finish();
  }

  play(): void {
    this.conductor.wantsToPlay = true;
    this.isPausedByBrowser = false;
    if (this.isSuspended) this.reopen();
    if (this.conductor.isMoving && this.video.paused) {
      this.noteDistance();
      this.start();
    }
  }

  pause(): void {
    this.conductor.wantsToPlay = false;
    this.isPausedByBrowser = false;
    this.isOwnPause = !this.video.paused;
    this.video.pause();
  }

  goLive(): void {
    this.isReplaying = false;
    this.isPausedByBrowser = false;
    this.conductor.wantsToPlay = true;
    if (this.isSuspended) this.reopen();
    const end = this.sink.endSeconds;
    if (end === undefined) return;
    const latency = this.latencyMs(this.nowMs);
    const wished =
      latency === undefined ? end - 2 : this.video.currentTime + (latency - this.conductor.controller.targetMs) / 1000;
    this.seek(Math.max(this.video.currentTime, Math.min(wished, end - LIVE_MARGIN_SECONDS)));
    if (this.conductor.isMoving && this.video.paused) this.start();
  }

  tick(nowMs: Millis): void {
    this.nowMs = nowMs;
    const ranges = this.sink.ranges();
    this.place(ranges);
    const { currentTime, paused, seeking } = this.video;
    const isResting = this.isPaused || this.isEnded || this.isUnseen;
    this.conductor.look(
      {
        ranges,
        atSeconds: currentTime,
        latencyMs: this.latencyMs(nowMs),
        behindHoleMs: this.clock.lagMs(this.pipeline.window.behindHoleMs, nowMs),
        isSeeking: seeking,
        isExcused: isResting || (paused && this.conductor.isMoving),
        isFree: isResting || this.isReplaying || this.conductor.isEndKnown,
      },
      nowMs,
    );
    this.pipeline.pace(this.conductor.isMoving ? this.conductor.bufferMs : 0, nowMs);
    if (nowMs - this.lastEvictionMs > EVICT_EACH_MS) {
      this.lastEvictionMs = nowMs;
      this.sink.keepBehind(this.options.keptSeconds);
    }
    if (this.isPaused || this.beganMs === undefined) return;
    const help = this.conductor.progressWatch.help(nowMs);
    if (help === 'ask') this.options.onStarving();
    else if (help === 'lost') this.options.onLost();
  }

  start(): void {
    this.video.play().catch((thrown: unknown) => {
      if (!(thrown instanceof DOMException) || thrown.name !== 'NotAllowedError') return;
      if (this.video.muted) {
        this.conductor.wantsToPlay = false; // The page shows a button to press.
        return;
      }
      this.wasMutedByBrowser = true;
      this.video.muted = true;
      this.start();
    });
  }

  setRate(rate: number): void {
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate;
  }

  seek(seconds: number): void {
    this.isOwnSeek = true;
    this.video.currentTime = seconds;
  }

  skipHole(): void {
    this.pipeline.skipHole();
  }

  figures(nowMs: Millis): Figures {
    const latency = this.conductor.shownMs === undefined || this.isEnded ? undefined : this.latencyMs(nowMs);
    return {
      latencyMs: Math.max(0, Math.round(latency ?? 0)),
      bufferMs: Math.round(this.conductor.bufferMs),
      targetLatencyMs: this.conductor.controller.targetMs,
      firstFrameMs: Math.round(this.firstFrameMs),
      ...this.conductor.meter.totals(nowMs),
    };
  }

  close(): void {
    for (const [type, listener] of this.listeners) this.video.removeEventListener(type, listener);
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.sink.close();
  }

  private latencyMs(nowMs: Millis): number | undefined {
    return this.clock.latencyMs(this.video.currentTime * 1000, nowMs);
  }

  private noteDistance(): void {
    const latencyMs = this.latencyMs(performance.now() as Millis) ?? 0;
    this.isReplaying = latencyMs > this.conductor.controller.targetMs + REPLAY_FROM_MS;
  }

  private take(fragments: readonly Fragment[], expected: ExpectedTracks): void {
    for (const fragment of fragments) {
      if (fragment.kind === 'unsupported') this.options.onUnsupported(fragment.codec);
    }
    if (this.isPaused && this.conductor.isMoving) {
      const seconds = (this.sink.endSeconds ?? 0) - this.video.currentTime;
      this.isSuspended ||= seconds > Math.min(PAUSED_SECONDS_MAX, this.options.keptSeconds);
    }
    if (!this.isSuspended) this.sink.append(fragments, expected, this.nowMs);
  }

  private openSink(): void {
    this.conductor.restart();
    this.isPlaced = false;
    this.isSuspended = false;
    this.sink.open();
  }

  /** A new MediaSource, fed again from the last door on. */
  private reopen(): void {
    this.openSink();
    this.pipeline.replay();
    if (this.conductor.isEndKnown) this.sink.end();
  }

  /** Puts the play head on the first picture: decode lines begin before it where there are B-frames. */
  private place(ranges: readonly TimeRange[]): void {
    const first = ranges[0];
    if (this.isPlaced || first === undefined) return;
    this.isPlaced = true;
    this.seek(first.start + PLACE_INSIDE_SECONDS);
    // Much sooner than `loadeddata` and `seeked`, which wait for more sound than the first packets hold.
    this.video.requestVideoFrameCallback?.(this.onShown);
  }

  private readonly onShown = (): void => {
    if (this.beganMs === undefined || this.conductor.shownMs !== undefined || !this.isPlaced) return;
    const now = performance.now() as Millis;
    this.conductor.shownMs = now;
    if (this.firstFrameMs === 0) this.firstFrameMs = Math.max(1, now - this.beganMs);
  };

  private readonly onPlay = (): void => {
    if (this.isPausedByBrowser) this.returnToLive();
    if (this.conductor.wantsToPlay) return;
    this.conductor.wantsToPlay = true;
    if (this.conductor.isMoving) this.noteDistance();
    this.options.onPlayRequested();
  };

  private readonly onPause = (): void => {
    const isOwn = this.isOwnPause;
    this.isOwnPause = false;
    // A video that ran to its end is paused too.
    if (isOwn || this.video.ended || !this.video.isConnected) return;
    if (document.visibilityState === 'hidden') this.isPausedByBrowser = this.conductor.wantsToPlay;
    else this.conductor.wantsToPlay = false;
  };

  private readonly onSeeking = (): void => {
    if (this.isOwnSeek || !this.conductor.isMoving) return;
    this.noteDistance();
  };

  private readonly onSeeked = (): void => {
    this.isOwnSeek = false;
    this.onShown();
  };

  private readonly onEnded = (): void => {
    if (this.conductor.isEndKnown) this.isEnded = true;
  };

  private readonly onElementError = (): void => {
    const { error } = this.video;
    if (error !== null) this.sink.fail(error.message || `media error ${error.code}`);
  };

  private readonly onVisibility = (): void => {
    if (document.visibilityState === 'hidden') return;
    if (this.isPausedByBrowser) this.returnToLive();
    if (this.beganMs === undefined || this.conductor.shownMs !== undefined) return;
    // Opened in the background, where browsers load no media: what came since the newest door is all that is wanted.
    this.begin(performance.now() as Millis);
    this.reopen();
  };

  /** Nobody has seen anything yet, and nobody could. */
  private get isUnseen(): boolean {
    return this.conductor.shownMs === undefined && document.visibilityState === 'hidden';
  }

  /** Back in sight: nobody wants to see what went by meanwhile. */
  private returnToLive(): void {
    if (this.conductor.isMoving) this.goLive();
    this.isPausedByBrowser = false;
  }

  private readonly listeners: readonly (readonly [string, () => void])[] = [
    ['loadeddata', this.onShown],
    ['play', this.onPlay],
    ['pause', this.onPause],
    ['seeking', this.onSeeking],
    ['seeked', this.onSeeked],
    ['ended', this.onEnded],
    ['error', this.onElementError],
  ];
}
