import type { SwarmtubeError } from '../shared/basics/errors.ts';
import type { Epoch, Millis, Sequence } from '../shared/basics/units.ts';
import type { Fragment } from '../shared/fmp4/fragment.ts';
import type { Packet } from '../shared/packets/packet.ts';
import type { ExpectedTracks } from './mse/media-sink.ts';
import { isTypeSupported } from './mse/media-source.ts';
import { RenewableSink } from './mse/renewable-sink.ts';
import { bufferedAhead, maySkipHole, PLACE_INSIDE_SECONDS, type TimeRange, wayOn } from './playback/gap-rule.ts';
import { LatencyController } from './playback/latency-controller.ts';
import { MediaPipeline } from './playback/media-pipeline.ts';
import { PlayoutClock } from './playback/playout-clock.ts';
import { ProgressWatch } from './playback/progress-watch.ts';
import { StallMeter } from './playback/stall-meter.ts';
import { mayStartMoving, plannedLatencyMs } from './playback/start-rule.ts';
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

/** So long a seek may take where there is media. */
const SEEK_MS_MAX = 3_000;
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
export class Playback {
  private readonly video: HTMLVideoElement;
  private readonly options: PlaybackOptions;
  private readonly clock = new PlayoutClock();
  private readonly controller: LatencyController;
  private readonly meter = new StallMeter();
  private readonly pipeline: MediaPipeline;
  private readonly sink: RenewableSink;
  private readonly progress = new ProgressWatch();
  private beganMs: Millis | undefined;
  private nowMs = 0 as Millis;
  private firstFrameMs = 0;
  /** When this sink's first packet came, and when its first picture appeared. */
  private fedMs: Millis | undefined;
  private shownMs: Millis | undefined;
  private wantsToPlay = false;
  private isMoving = false;
  private isPlaced = false;
  private isReplaying = false;
  private isSuspended = false;
  private isEndKnown = false;
  private isEnded = false;
  private isOwnSeek = false;
  private isOwnPause = false;
  /** The page is hidden and the browser stopped the picture to spare itself; the viewer never asked for it. */
  private isPausedByBrowser = false;
  private wasMutedByBrowser = false;
  private lastEvictionMs = 0;
  private liveSinceWallMs = Number.POSITIVE_INFINITY;

  constructor(video: HTMLVideoElement, options: PlaybackOptions) {
    this.video = video;
    this.options = options;
    this.controller = new LatencyController(options.targetLatencyMs);
    this.sink = new RenewableSink(video, {
      onAppended: () => this.place(this.sink.ranges()),
      onBroken: () => this.reopen(),
      onHopeless: (error) => options.onError(error, true),
    });
    this.pipeline = new MediaPipeline(this.clock, isTypeSupported, {
      onFragments: (fragments, expected) => this.take(fragments, expected),
      onEnd: () => {
        this.isEndKnown = true;
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
    if (!this.isMoving) return 'joining';
    return this.meter.isStalled ? 'stalled' : 'playing';
  }

  get isMutedByBrowser(): boolean {
    return this.wasMutedByBrowser && this.video.muted;
  }

  get isAtLive(): boolean {
    return !this.isReplaying && this.isMoving && !this.isPaused && !this.isEnded;
  }

  private get isPaused(): boolean {
    return !this.wantsToPlay || this.isPausedByBrowser;
  }

  /** What the engine must know: when packets are due, and which one is needed next. Undefined before the first epoch. */
  get wanted(): { readonly targetLatencyMs: number; readonly nextSequence: Sequence } | undefined {
    if (this.fedMs === undefined && !this.isUnseen) return undefined;
    const target = this.controller.targetMs;
    const due = Math.min(target * 3, Math.max(target * 0.4, this.dueLatencyMs(target)));
    return { targetLatencyMs: Math.round(due / 50) * 50, nextSequence: this.pipeline.window.nextSequence };
  }

  /** Makes the element ready before the first packet is asked for. */
  begin(nowMs: Millis): void {
    this.nowMs = nowMs;
    if (this.firstFrameMs === 0) this.beganMs = nowMs;
    this.progress.restart(nowMs);
    this.video.autoplay = false; // The start rule decides when the picture begins to move.
    if (!this.sink.isOpen) this.openSink();
  }

  setWallOffset(offsetMs: number): void {
    this.clock.setWallOffset(offsetMs);
    if (this.liveSinceWallMs === Number.POSITIVE_INFINITY) this.liveSinceWallMs = performance.now() + offsetMs;
  }

  startEpoch(epoch: Epoch, startSequence: Sequence): void {
    this.pipeline.restart(epoch, startSequence);
    this.liveSinceWallMs = Number.POSITIVE_INFINITY;
    this.isEndKnown = false;
    const offset = this.clock.lagMs(0 as never, performance.now() as Millis);
    if (offset !== undefined) this.liveSinceWallMs = offset;
    if (this.isEnded || this.isSuspended) this.openSink();
    this.isEnded = false;
  }

  push(packet: Packet, nowMs: Millis): void {
    this.nowMs = nowMs;
    this.fedMs ??= nowMs;
    const { captureMs } = packet.header;
    const lag = this.clock.lagMs(captureMs, nowMs);
    // Packets from before we came say nothing about our line.
    if (lag !== undefined && captureMs > this.liveSinceWallMs) this.controller.noteArrival(lag, nowMs);
    this.pipeline.push(packet);
  }

  /** The broadcast is over, whether its last packet said so or not: what is there is played to its end. */
  finish(): void {
    if (this.shownMs !== undefined && !this.isEndKnown) this.pipeline.finish();
  }

  play(): void {
    this.wantsToPlay = true;
    this.isPausedByBrowser = false;
    if (this.isSuspended) this.reopen();
    if (this.isMoving && this.video.paused) {
      this.isReplaying = this.isFarBehind();
      this.startElement();
    }
  }

  pause(): void {
    this.wantsToPlay = false;
    this.isPausedByBrowser = false;
    this.isOwnPause = !this.video.paused;
    this.video.pause();
  }

  goLive(): void {
    this.isReplaying = false;
    this.isPausedByBrowser = false;
    this.wantsToPlay = true;
    if (this.isSuspended) this.reopen();
    const end = this.sink.endSeconds;
    if (end === undefined) return;
    const latency = this.latencyMs(this.nowMs);
    const wished =
      latency === undefined ? end - 2 : this.video.currentTime + (latency - this.controller.targetMs) / 1000;
    this.seek(Math.max(this.video.currentTime, Math.min(wished, end - LIVE_MARGIN_SECONDS)));
    if (this.isMoving && this.video.paused) this.startElement();
  }

  tick(nowMs: Millis): void {
    this.nowMs = nowMs;
    const ranges = this.sink.ranges();
    this.place(ranges);
    const bufferMs = bufferedAhead(ranges, this.video.currentTime) * 1000;
    this.startWhenReady(bufferMs, nowMs);
    this.pipeline.pace(this.isMoving ? bufferMs : 0, nowMs);
    const isStopped = this.observeProgress(nowMs);
    if (this.meter.observe(isStopped, nowMs)) this.controller.noteStall(nowMs);
    if (this.isPlaced) this.overcomeHoles(ranges, bufferMs, nowMs);
    if (this.isMoving && !isStopped) this.holdLatency(bufferMs, nowMs);
    this.callForHelp(nowMs);
    if (nowMs - this.lastEvictionMs > EVICT_EACH_MS) {
      this.lastEvictionMs = nowMs;
      this.sink.keepBehind(this.options.keptSeconds);
    }
  }

  figures(nowMs: Millis): Figures {
    const ranges = this.sink.ranges();
    const latency = this.shownMs === undefined || this.isEnded ? undefined : this.latencyMs(nowMs);
    return {
      latencyMs: Math.max(0, Math.round(latency ?? 0)),
      bufferMs: Math.round(bufferedAhead(ranges, this.video.currentTime) * 1000),
      targetLatencyMs: this.controller.targetMs,
      firstFrameMs: Math.round(this.firstFrameMs),
      ...this.meter.totals(nowMs),
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

  /** Capture to the moment when a packet is needed. */
  private dueLatencyMs(targetMs: number): number {
    const latencyMs = this.latencyMs(this.nowMs);
    if (latencyMs === undefined || this.isPaused || this.isUnseen) return targetMs;
    if (this.isMoving) return this.isAtLive ? latencyMs : targetMs;
    const { heldForMs } = this;
    return plannedLatencyMs({ isShown: this.shownMs !== undefined, heldForMs, latencyMs, targetMs });
  }

  private get heldForMs(): number {
    return this.nowMs - (this.fedMs ?? this.nowMs);
  }

  private isFarBehind(): boolean {
    return (this.latencyMs(performance.now() as Millis) ?? 0) > this.controller.targetMs + REPLAY_FROM_MS;
  }

  private take(fragments: readonly Fragment[], expected: ExpectedTracks): void {
    for (const fragment of fragments) {
      if (fragment.kind === 'unsupported') this.options.onUnsupported(fragment.codec);
    }
    if (this.isPaused && this.isMoving) {
      const end = this.sink.endSeconds ?? 0;
      if (end - this.video.currentTime > Math.min(PAUSED_SECONDS_MAX, this.options.keptSeconds))
        this.isSuspended = true;
    }
    if (!this.isSuspended) this.sink.append(fragments, expected, this.nowMs);
  }

  private openSink(): void {
    this.fedMs = undefined;
    this.isPlaced = false;
    this.isMoving = false;
    this.isSuspended = false;
    this.shownMs = undefined;
    this.sink.open();
  }

  /** A new MediaSource, fed again from the last door on. */
  private reopen(): void {
    this.openSink();
    this.pipeline.replay();
    if (this.isEndKnown) this.sink.end();
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

  private startWhenReady(bufferMs: number, nowMs: Millis): void {
    if (this.isMoving || !this.wantsToPlay || this.shownMs === undefined) return;
    const targetMs = this.controller.targetMs;
    // Without the server's clock nothing is known about the distance: then only the buffer counts.
    const latencyMs = this.latencyMs(nowMs) ?? bufferMs;
    if (mayStartMoving({ heldForMs: this.heldForMs, latencyMs, targetMs, bufferMs }) || this.isEndKnown) {
      this.isMoving = true;
      this.controller.start(nowMs);
      this.startElement();
    }
  }

  private startElement(): void {
    this.progress.restart(this.nowMs);
    this.video.play().catch((thrown: unknown) => {
      if (!(thrown instanceof DOMException) || thrown.name !== 'NotAllowedError') return;
      if (this.video.muted) {
        this.wantsToPlay = false; // The page shows a button to press.
        return;
      }
      this.wasMutedByBrowser = true;
      this.video.muted = true;
      this.startElement();
    });
  }

  /** True while the picture should move and does not. */
  private observeProgress(nowMs: Millis): boolean {
    const { currentTime, paused } = this.video;
    const isExcused = this.isPaused || this.isEnded || this.isUnseen || (paused && this.isMoving);
    return this.progress.observe(currentTime, { shouldMove: this.isMoving && !isExcused, isExcused }, nowMs);
  }

  private overcomeHoles(ranges: readonly TimeRange[], bufferMs: number, nowMs: Millis): void {
    // The first picture may stand for a while; where it does not even appear, something is wrong.
    const mayStand = !this.isMoving && this.shownMs !== undefined;
    const stoodForMs = mayStand ? 0 : this.progress.stoodForMs(nowMs);
    // A seek that does not come to its end is as stuck as anything else.
    if (this.video.seeking && stoodForMs < SEEK_MS_MAX) return;
    const seconds = wayOn(ranges, this.video.currentTime, stoodForMs);
    if (seconds !== undefined) this.seek(seconds);
    else if (this.isMoving && this.pipeline.window.hasHole && maySkipHole(bufferMs, this.meter.stoppedForMs(nowMs)))
      this.pipeline.skipHole();
  }

  private holdLatency(bufferMs: number, nowMs: Millis): void {
    const latencyMs = this.latencyMs(nowMs);
    if (latencyMs === undefined || this.isReplaying || this.isPaused || this.isEndKnown) {
      this.setRate(1);
      return;
    }
    const { rate, jumpMs } = this.controller.update({ latencyMs, bufferMs }, nowMs);
    this.setRate(rate);
    if (jumpMs > 0) this.seek(this.video.currentTime + jumpMs / 1000);
  }

  private callForHelp(nowMs: Millis): void {
    const help = this.isPaused || this.beganMs === undefined ? 'none' : this.progress.help(nowMs);
    if (help === 'ask') this.options.onStarving();
    else if (help === 'lost') this.options.onLost();
  }

  private setRate(rate: number): void {
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate;
  }

  private seek(seconds: number): void {
    this.isOwnSeek = true;
    this.video.currentTime = seconds;
  }

  private readonly onShown = (): void => {
    if (this.beganMs === undefined || this.shownMs !== undefined || !this.isPlaced) return;
    const now = performance.now() as Millis;
    this.shownMs = now;
    if (this.firstFrameMs === 0) this.firstFrameMs = Math.max(1, now - this.beganMs);
  };

  private readonly onPlay = (): void => {
    if (this.isPausedByBrowser) this.returnToLive();
    if (this.wantsToPlay) return;
    this.wantsToPlay = true;
    if (this.isMoving) this.isReplaying = this.isFarBehind();
    this.options.onPlayRequested();
  };

  private readonly onPause = (): void => {
    const isOwn = this.isOwnPause;
    this.isOwnPause = false;
    // A video that ran to its end is paused too.
    if (isOwn || this.video.ended || !this.video.isConnected) return;
    if (document.visibilityState === 'hidden') this.isPausedByBrowser = this.wantsToPlay;
    else this.wantsToPlay = false;
  };

  private readonly onSeeking = (): void => {
    if (this.isOwnSeek || !this.isMoving) return;
    this.isReplaying = this.isFarBehind();
  };

  private readonly onSeeked = (): void => {
    this.isOwnSeek = false;
    this.onShown();
  };

  private readonly onEnded = (): void => {
    if (this.isEndKnown) this.isEnded = true;
  };

  private readonly onElementError = (): void => {
    const { error } = this.video;
    if (error !== null) this.sink.fail(error.message || `media error ${error.code}`);
  };

  private readonly onVisibility = (): void => {
    if (document.visibilityState === 'hidden') return;
    if (this.isPausedByBrowser) this.returnToLive();
    if (this.beganMs === undefined || this.shownMs !== undefined) return;
    // Opened in the background, where browsers load no media: what came since the newest door is all that is wanted.
    this.begin(performance.now() as Millis);
    this.reopen();
  };

  /** Nobody has seen anything yet, and nobody could. */
  private get isUnseen(): boolean {
    return this.shownMs === undefined && document.visibilityState === 'hidden';
  }

  /** Back in sight: nobody wants to see what went by meanwhile. */
  private returnToLive(): void {
    if (this.isMoving) this.goLive();
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
