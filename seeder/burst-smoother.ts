/** Nothing for so long, and what then comes is the beginning of a burst. */
const STARVED_MS_MIN = 80;
/** Media that comes at once, over the time it took to come: below this a viewer's own buffer evens it out. */
const BURST_MS_MIN = 250;
/** So much at once is never even: a viewer 2 s behind would wait for the next. */
const LARGE_BURST_MS = 1500;
/** Smaller bursts are taken for the source's manner when so many come one after another. */
const BURSTS_MIN = 2;
/** What comes at once so soon after the source began is a cached group of pictures: viewers want it at once. */
const START_MS = 2000;
/** Longest burst that is evened out: ffmpeg writes files in blocks of 256 KiB, which are 10 s at 200 kbit/s. */
const BURST_MS_MAX = 10_000;
/** What a burst may come later than all before it. */
const MARGIN_MS = 100;
/** Slack that was left over at so many bursts is not needed. */
const BURSTS_REMEMBERED = 8;
/** A source that was never waited for in so long may come evenly by now: it is let come sooner, in steps that double until one was too much. */
const NEVER_EMPTY_MS = 15_000;
const FIRST_STEP_MS = 50;

type Burst = {
  /** How far behind its place on the line the first tag came, and the one that was least behind. */
  readonly firstOffsetMs: number;
  leastOffsetMs: number;
  readonly isOfStart: boolean;
};

/**
 * Evens out a source that delivers in bursts, such as a file that its encoder writes in large blocks. A tag that stands at
 * `lineMs` on the line then goes out at `lineMs + offsetMs`, where the offset is that of the latest beginning of a burst.
 * Sources that come evenly are never delayed, nor is what comes at once at the start.
 *
 *   passive ──a large burst, or small ones in a row──► smoothing ──comes evenly──► passive
 */
export class BurstSmoother {
  private startedMs: number | undefined;
  private burst: Burst | undefined;
  private burstsInRow = 0;
  private offsetMs: number | undefined;
  private slacks: number[] = [];
  private lastEmptyMs = 0;
  private stepMs = FIRST_STEP_MS;

  get isSmoothing(): boolean {
    return this.offsetMs !== undefined;
  }

  /** The source began again: what was learned holds no more. */
  reset(): void {
    this.startedMs = undefined;
    this.burst = undefined;
    this.burstsInRow = 0;
    this.offsetMs = undefined;
  }

  /** How long the tag at hand must wait. `waitedMs`: how long the source let wait for it. Asked once for each tag, in order. */
  delayMs(lineMs: number, nowMs: number, waitedMs: number): number {
    const offsetMs = nowMs - lineMs;
    this.startedMs ??= nowMs;
    if (waitedMs >= STARVED_MS_MIN) this.beginBurst(offsetMs, nowMs);
    else if (this.burst !== undefined) this.burst.leastOffsetMs = Math.min(this.burst.leastOffsetMs, offsetMs);
    if (this.offsetMs === undefined) this.judge(this.burst, nowMs);
    else if (nowMs - this.lastEmptyMs >= NEVER_EMPTY_MS) this.giveBack(offsetMs, nowMs);
    return this.offsetMs === undefined ? 0 : Math.max(0, this.offsetMs - offsetMs);
  }

  private beginBurst(offsetMs: number, nowMs: number): void {
    this.lastEmptyMs = nowMs;
    this.stepMs = FIRST_STEP_MS;
    if (this.offsetMs !== undefined) this.keepUp(offsetMs, this.offsetMs);
    else this.burstsInRow = isBurst(this.burst) ? this.burstsInRow + 1 : 0;
    const isOfStart = nowMs - (this.startedMs ?? nowMs) < START_MS;
    this.burst = { firstOffsetMs: offsetMs, leastOffsetMs: offsetMs, isOfStart };
  }

  private judge(burst: Burst | undefined, nowMs: number): void {
    if (burst === undefined || burst.isOfStart) return;
    const isLarge = burst.firstOffsetMs - burst.leastOffsetMs >= LARGE_BURST_MS;
    if (!isLarge && this.burstsInRow < BURSTS_MIN) return;
    this.offsetMs = burst.firstOffsetMs + MARGIN_MS;
    this.slacks = [];
    this.lastEmptyMs = nowMs;
  }

  /** A burst that comes later than those before it moves the offset; what was left over at many is given back. */
  private keepUp(burstOffsetMs: number, offsetMs: number): void {
    const slackMs = offsetMs - burstOffsetMs;
    if (slackMs < 0) {
      this.slacks = [];
      // So late it is no burst: the source stood still.
      if (-slackMs > BURST_MS_MAX) this.stop();
      // Blocks of so many bytes are not all of one length: the next may be later by as much again.
      else this.offsetMs = burstOffsetMs + Math.max(MARGIN_MS, -slackMs);
      return;
    }
    this.slacks.push(slackMs);
    if (this.slacks.length < BURSTS_REMEMBERED) return;
    const leftOverMs = Math.min(...this.slacks) - MARGIN_MS;
    this.slacks = [];
    if (leftOverMs > MARGIN_MS) this.offsetMs = offsetMs - leftOverMs;
  }

  private giveBack(offsetMs: number, nowMs: number): void {
    const isUseless = (this.offsetMs as number) <= offsetMs;
    if (isUseless) this.stop();
    else this.offsetMs = (this.offsetMs as number) - this.stepMs;
    this.stepMs *= 2;
    this.lastEmptyMs = nowMs;
  }

  private stop(): void {
    this.offsetMs = undefined;
    this.burst = undefined;
    this.burstsInRow = 0;
  }
}

function isBurst(burst: Burst | undefined): boolean {
  if (burst === undefined || burst.isOfStart) return false;
  const lengthMs = burst.firstOffsetMs - burst.leastOffsetMs;
  return lengthMs >= BURST_MS_MIN && lengthMs <= BURST_MS_MAX;
}
