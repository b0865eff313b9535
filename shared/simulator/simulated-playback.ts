import { Conductor, type Stage } from '../../player/playback/conductor.ts';
import { bufferedAhead, PLACE_INSIDE_SECONDS } from '../../player/playback/gap-rule.ts';
import { PacketWindow } from '../../player/playback/packet-window.ts';
import { PlayoutClock } from '../../player/playback/playout-clock.ts';
import type { Epoch, Millis, Sequence } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';
import { WALL_MS } from './broadcast.ts';

/** The player looks so often (player/player.ts). */
const LOOK_MS = 100;
/** With so much in hand nothing can run dry until a look that comes later: it would find what this one found. */
const CALM_BUFFER_MS = 800;
const CALM_LOOK_MS = 500;
/** A new epoch begins this far behind what there is of the last (player/playback/media-pipeline.ts). */
const EPOCH_SPACING_MS = 100;
/** Less than this is a rounding and no movement. */
const STEP_SECONDS_MIN = 0.0005;
/** Sooner by more than this at once, packets are due that nobody could know to be: a jump, or a hole that was skipped. */
const HASTE_MS = 150;

export type SimulatedPlaybackOptions = {
  /** False: a planted mistake. */
  readonly canCatchUp: boolean;
  /** These were given up, from the first to the last, as far as they are missing. */
  readonly onSkipped: (from: number, to: number) => void;
};

/**
 * A viewer's playback: the player's own rules, at a play head that is reckoned instead of seen. It moves at the rate that the
 * conductor sets for as far as there are packets, and stands where one is missing. The first picture is there with its packet.
 */
export class SimulatedPlayback implements Stage {
  readonly conductor: Conductor;
  /** What the engine was told the last time, and when it became much less all at once. */
  toldMs = Number.POSITIVE_INFINITY;
  hastenedMs = Number.NEGATIVE_INFINITY;
  /** The play head is where it was at this moment. */
  reckonedMs = 0;
  private readonly clock = new PlayoutClock();
  private readonly window = new PacketWindow();
  private readonly options: SimulatedPlaybackOptions;
  /** What is there to play, in seconds of one unbroken line. */
  private ranges: { readonly start: number; end: number }[] = [];
  private headSeconds = 0;
  private rate = 1;
  private liveSinceWallMs: number | undefined;
  private shiftMs: number | undefined;

  constructor(targetLatencyMs: number, options: SimulatedPlaybackOptions) {
    this.conductor = new Conductor(targetLatencyMs, this);
    this.conductor.wantsToPlay = true;
    this.options = options;
  }

  get nextSequence(): Sequence {
    return this.window.nextSequence;
  }

  /** Capture to screen at the last look, whatever its own clock says; undefined before pictures move. */
  get latencyMs(): number | undefined {
    const captureMs = this.conductor.isMoving ? this.clock.captureAt(this.headSeconds * 1000) : undefined;
    return captureMs === undefined ? undefined : Math.round(this.reckonedMs + WALL_MS - captureMs);
  }

  /** It moves, or would if there were anything to play. */
  get isDry(): boolean {
    return this.conductor.isMoving && this.conductor.bufferMs < STEP_SECONDS_MIN * 1000;
  }

  get lookAgainMs(): number {
    return this.conductor.isMoving && this.conductor.bufferMs > CALM_BUFFER_MS ? CALM_LOOK_MS : LOOK_MS;
  }

  begin(nowMs: number): void {
    this.conductor.progressWatch.restart(nowMs as Millis);
  }

  setWallOffset(offsetMs: number): void {
    this.clock.setWallOffset(offsetMs);
  }

  beginEpoch(epoch: Epoch, startSequence: Sequence, nowMs: number): void {
    this.window.restart(epoch, startSequence);
    this.shiftMs = undefined;
    this.hastenedMs = nowMs;
    this.liveSinceWallMs = this.clock.lagMs(0 as never, nowMs as Millis);
  }

  push(packet: Packet, nowMs: number): void {
    this.reckon(nowMs);
    this.conductor.fedMs ??= nowMs as Millis;
    const { captureMs } = packet.header;
    const lagMs = this.clock.lagMs(captureMs, nowMs as Millis);
    // Packets from before it came say nothing about its line.
    if (lagMs !== undefined && captureMs > (this.liveSinceWallMs ?? 0))
      this.conductor.noteArrival(lagMs, nowMs as Millis);
    if (this.window.insert(packet) === 'kept') this.drain(nowMs);
  }

  look(nowMs: number): void {
    this.reckon(nowMs);
    const atSeconds = this.headSeconds;
    while (this.ranges.length > 1 && (this.ranges[0]?.end ?? 0) < atSeconds) this.ranges.shift();
    const latencyMs = this.clock.latencyMs(atSeconds * 1000, nowMs as Millis);
    const behindHoleMs = this.clock.lagMs(this.window.behindHoleMs, nowMs as Millis);
    const rest = { isSeeking: false, isExcused: false, isFree: false };
    const scene = { ranges: this.ranges, atSeconds, latencyMs, behindHoleMs, ...rest };
    this.conductor.look(scene, nowMs as Millis);
  }

  /** What the engine is to be told: undefined before there is anything to play. */
  tell(nowMs: number): { readonly targetLatencyMs: number; readonly nextSequence: Sequence } | undefined {
    const { fedMs, dueLatencyMs } = this.conductor;
    if (fedMs === undefined) return undefined;
    if (dueLatencyMs < this.toldMs - HASTE_MS) this.hastenedMs = nowMs;
    this.toldMs = dueLatencyMs;
    return { targetLatencyMs: dueLatencyMs, nextSequence: this.window.nextSequence };
  }

  start(): void {}

  setRate(rate: number): void {
    this.rate = this.options.canCatchUp ? rate : Math.min(1, rate);
  }

  seek(seconds: number): void {
    this.headSeconds = seconds;
  }

  skipHole(): void {
    const { window } = this;
    const door = window.hasHole ? window.nextDoor() : undefined;
    if (door === undefined) return;
    this.options.onSkipped(window.nextSequence, door.header.sequence - 1);
    window.skipTo(door.header.sequence);
    this.drain(this.reckonedMs);
  }

  /** The play head until now. */
  private reckon(nowMs: number): void {
    const elapsedMs = nowMs - this.reckonedMs;
    this.reckonedMs = nowMs;
    if (elapsedMs <= 0 || !this.conductor.isMoving) return;
    const ahead = bufferedAhead(this.ranges, this.headSeconds);
    if (ahead >= STEP_SECONDS_MIN) this.headSeconds += Math.min(ahead, (elapsedMs / 1000) * this.rate);
  }

  private drain(nowMs: number): void {
    for (const { header } of this.window.take()) {
      const last = this.ranges.at(-1);
      this.shiftMs ??= (last === undefined ? 0 : last.end * 1000 + EPOCH_SPACING_MS) - header.timestampMs;
      const startMs = header.timestampMs + this.shiftMs;
      this.clock.observePacket(startMs, header.captureMs);
      const end = (startMs + header.durationMs) / 1000;
      if (last === undefined) this.show(startMs / 1000, end, nowMs);
      // Rounded times: a millisecond between two packets is no hole.
      else if (startMs / 1000 <= last.end + 0.002) last.end = Math.max(last.end, end);
      else this.ranges.push({ start: startMs / 1000, end });
    }
  }

  private show(start: number, end: number, nowMs: number): void {
    this.ranges.push({ start, end });
    this.headSeconds = start + PLACE_INSIDE_SECONDS;
    this.conductor.shownMs = nowMs as Millis;
  }
}
