import type { Millis } from '../../shared/basics/units.ts';
import { bufferedAhead, maySkipHole, type TimeRange, wayOn } from './gap-rule.ts';
import { LatencyController } from './latency-controller.ts';
import { ProgressWatch } from './progress-watch.ts';
import { StallMeter } from './stall-meter.ts';
import { mayStartMoving, plannedLatencyMs } from './start-rule.ts';

/** What there is to be seen of a media element, and of what is put into it. */
export type Scene = {
  readonly ranges: readonly TimeRange[];
  /** The play head, in seconds of the element's line. */
  readonly atSeconds: number;
  /** Capture to screen; undefined while the server's clock is unknown. */
  readonly latencyMs: number | undefined;
  /** Capture to now of the first packet behind one that is missing; undefined where none is. */
  readonly behindHoleMs: number | undefined;
  readonly isSeeking: boolean;
  /** It rests, and nothing is missing. */
  readonly isExcused: boolean;
  /** Its distance from live is not to be held. */
  readonly isFree: boolean;
};

/** Who does with the element what is right. */
export interface Stage {
  start(): void;
  setRate(rate: number): void;
  seek(seconds: number): void;
  /** Gives up what is missing, if there is something behind it. */
  skipHole(): void;
}

/** So long a seek may take where there is media. */
const SEEK_MS_MAX = 3_000;
/** Whoever looks every tenth of a second, or every second in a hidden tab, has slept. */
const SLEPT_MS = 2_000;
/** Packets are due within these, wherever the play head is, and the engine is not told of every breath of it. */
const DUE_TARGETS_MIN = 0.4;
const DUE_TARGETS_MAX = 3;
const DUE_STEP_MS = 50;
const DRY_MS = 120;

/**
 * Looks at playback several times a second and has it start, go faster or slower, jump, and give up what does not come.
 * Pure: the player holds a media element to it, the simulator a play head that is only reckoned.
 */
export class Conductor {
  readonly controller: LatencyController;
  readonly meter = new StallMeter();
  readonly progressWatch = new ProgressWatch();
  /** When the first packet came, and when the first picture appeared. */
  fedMs: Millis | undefined;
  shownMs: Millis | undefined;
  wantsToPlay = false;
  isMoving = false;
  /** Nothing follows what is there. */
  isEndKnown = false;
  /** Media ahead of the play head. */
  bufferMs = 0;
  /** Capture to the moment when a packet is needed, as the engine is told. */
  dueLatencyMs = 0;
  private lookedMs = 0 as Millis;
  private readonly stage: Stage;

  constructor(targetLatencyMs: number, stage: Stage) {
    this.controller = new LatencyController(targetLatencyMs);
    this.stage = stage;
  }

  /** Another first picture comes. */
  restart(): void {
    this.fedMs = undefined;
    this.shownMs = undefined;
    this.isMoving = false;
  }

  /** A packet came this long after its capture, or waited for a page that slept: then that says nothing about the line. */
  noteArrival(lagMs: number, nowMs: Millis): void {
    if (nowMs - this.lookedMs < SLEPT_MS) this.controller.noteArrival(lagMs, this.dueLatencyMs, nowMs);
  }

  look({ ranges, atSeconds, latencyMs, behindHoleMs, isSeeking, isExcused, isFree }: Scene, nowMs: Millis): void {
    const { controller, meter, progressWatch, stage } = this;
    const { targetMs } = controller;
    this.lookedMs = nowMs;
    const isShown = this.shownMs !== undefined;
    this.bufferMs = bufferedAhead(ranges, atSeconds) * 1000;
    const { bufferMs } = this;
    // Without the server's clock nothing is known about the distance: then only the buffer counts.
    const heldForMs = nowMs - (this.fedMs ?? nowMs);
    const picture = { isShown, heldForMs, latencyMs: latencyMs ?? bufferMs, targetMs, bufferMs };
    if (!this.isMoving && this.wantsToPlay && isShown && (this.isEndKnown || mayStartMoving(picture))) {
      this.isMoving = true;
      controller.start(nowMs);
      progressWatch.restart(nowMs);
      stage.start();
    }
    const { isMoving } = this;
    const isStopped = progressWatch.observe(atSeconds, { shouldMove: isMoving, isExcused }, nowMs);
    if (meter.observe(isStopped, nowMs)) controller.noteStall(nowMs);
    // The first picture may stand for a while; where it does not even appear, something is wrong.
    const stoodForMs = !isMoving && isShown ? 0 : progressWatch.stoodForMs(nowMs);
    // A seek that does not come to its end is as stuck as anything else.
    if (!isSeeking || stoodForMs >= SEEK_MS_MAX) {
      const seconds = wayOn(ranges, atSeconds, stoodForMs);
      // Nearer to live than it aims at, what is missing may still come in time: waiting only brings the distance nearer to the target.
      // After a pause of the source the play head stands at what is long past, and says nothing of what follows.
      const isEarly = (behindHoleMs ?? targetMs) < targetMs;
      if (seconds !== undefined) stage.seek(seconds);
      else if (isMoving && !isEarly && maySkipHole(bufferMs, meter.stoppedForMs(nowMs))) stage.skipHole();
    }
    const isHeld = latencyMs !== undefined && !isFree;
    // Played up to a hole it waits for that packet, not for one as old as the picture.
    const playedMs = (bufferMs < DRY_MS ? behindHoleMs : undefined) ?? latencyMs ?? targetMs;
    const dueMs = isHeld ? (isMoving ? playedMs : plannedLatencyMs(picture)) : targetMs;
    this.dueLatencyMs =
      Math.round(Math.min(targetMs * DUE_TARGETS_MAX, Math.max(targetMs * DUE_TARGETS_MIN, dueMs)) / DUE_STEP_MS) *
      DUE_STEP_MS;
    if (isMoving && !isStopped) {
      const { rate, jumpMs } = isHeld ? controller.update({ latencyMs, bufferMs }, nowMs) : { rate: 1, jumpMs: 0 };
      stage.setRate(rate);
      if (jumpMs > 0) stage.seek(atSeconds + jumpMs / 1000);
    }
  }
}
