import type { Epoch, Millis, Sequence } from '../../shared/basics/units.ts';
import type { Fragment, TypeSupport } from '../../shared/fmp4/fragment.ts';
import { Remuxer } from '../../shared/fmp4/remuxer.ts';
import { Depacketizer } from '../../shared/packets/depacketizer.ts';
import type { Packet } from '../../shared/packets/packet.ts';
import { PacketWindow, type WindowInsert } from './packet-window.ts';
import type { PlayoutClock } from './playout-clock.ts';

/** The element's line begins here, so that audio a little before the first keyframe has a place. */
const LINE_START_MS = 1_000;
/** Packets since the last door, for a new MediaSource: 16 MiB is 30 s of 4 Mbit/s. */
const RECENT_BYTES_MAX = 16 * 1024 * 1024;
/** A new epoch begins this far behind the end of the old one: a hole that the gap jumper takes, never an overlap. */
const EPOCH_SPACING_MS = 100;
/** With so much in hand packets are gathered, for so long at most: it is appends that cost, not bytes. */
const GATHER_FROM_MS = 1_000;
const GATHER_MS_MAX = 500;

export type PipelineEvents = {
  /** Fragments in order, and the tracks that a sink must provide for. */
  onFragments(fragments: readonly Fragment[], expected: { readonly video: boolean; readonly audio: boolean }): void;
  /** The packet that ends the broadcast was played out. */
  onEnd(): void;
};

/**
 * Packets in any order in, fragments in order out: window, depacketizer and remuxer of one epoch after another, all on one
 * unbroken line of the media element.
 */
export class MediaPipeline {
  readonly window = new PacketWindow();
  private readonly clock: PlayoutClock;
  private readonly isTypeSupported: TypeSupport;
  private readonly events: PipelineEvents;
  private depacketizer = new Depacketizer();
  private remuxer: Remuxer | undefined;
  private recent: Packet[] = [];
  private recentBytes = 0;
  private shiftMs = 0;
  private lineEndMs = LINE_START_MS;
  private isGathering = false;
  private drainedMs = 0 as Millis;

  constructor(clock: PlayoutClock, isTypeSupported: TypeSupport, events: PipelineEvents) {
    this.clock = clock;
    this.isTypeSupported = isTypeSupported;
    this.events = events;
  }

  /** Drops what there is of another epoch, or of a place further back or ahead, and begins with this packet. */
  restart(epoch: Epoch, startSequence: Sequence): void {
    this.window.restart(epoch, startSequence);
    this.isGathering = false;
    this.depacketizer = new Depacketizer();
    this.remuxer = undefined;
    this.recent = [];
    this.recentBytes = 0;
  }

  push(packet: Packet): WindowInsert {
    const result = this.window.insert(packet);
    if (result === 'kept' && !this.isGathering) this.drain();
    return result;
  }

  /** Now and then: gives out what was gathered. `bufferMs`: of media ahead of a play head that moves, else 0. */
  pace(bufferMs: number, nowMs: Millis): void {
    this.isGathering = bufferMs > GATHER_FROM_MS;
    if (this.isGathering && nowMs - this.drainedMs < GATHER_MS_MAX) return;
    this.drainedMs = nowMs;
    this.drain();
  }

  /** Gives up a hole and goes on at the next door behind it. Returns how many packets were given up, 0 without a door. */
  skipHole(): number {
    const door = this.window.hasHole ? this.window.nextDoor() : undefined;
    if (door === undefined) return 0;
    const lost = door.header.sequence - this.window.nextSequence;
    this.window.skipTo(door.header.sequence);
    this.drain();
    return lost;
  }

  /** Nothing follows: gives out the frames that were held. */
  finish(): void {
    this.drain();
    if (this.remuxer !== undefined) this.give(this.remuxer.flush());
    this.events.onEnd();
  }

  /** Everything since the last door once more, for a new sink. */
  replay(): void {
    const packets = this.recent;
    this.depacketizer = new Depacketizer();
    this.remuxer = undefined;
    this.recent = [];
    this.recentBytes = 0;
    this.play(packets);
  }

  private drain(): void {
    this.play(this.window.take());
  }

  private play(packets: readonly Packet[]): void {
    const fragments: Fragment[] = [];
    let hasEnded = false;
    for (const packet of packets) {
      this.remember(packet);
      fragments.push(...this.remux(packet));
      hasEnded ||= packet.header.isEnd;
    }
    this.give(fragments);
    if (hasEnded) this.finish();
  }

  private give(fragments: readonly Fragment[]): void {
    for (const fragment of fragments) {
      if (fragment.kind === 'media') this.lineEndMs = Math.max(this.lineEndMs, fragment.endMs);
    }
    if (fragments.length > 0) this.events.onFragments(fragments, this.remuxer?.expected ?? NOTHING_EXPECTED);
  }

  private remux(packet: Packet): Fragment[] {
    const { header } = packet;
    const { tags, isDiscontinuity, lostUnits } = this.depacketizer.push(packet);
    this.remuxer ??= this.beginLine(header.timestampMs);
    this.clock.observePacket(header.timestampMs + this.shiftMs, header.captureMs);
    if (lostUnits > 0) this.remuxer.lose();
    let isFirst = true;
    for (const tag of tags) {
      this.remuxer.push(tag, isFirst && isDiscontinuity);
      isFirst = false;
    }
    return this.remuxer.take();
  }

  private beginLine(firstTimestampMs: number): Remuxer {
    const isFirst = this.lineEndMs === LINE_START_MS;
    this.shiftMs = Math.ceil(this.lineEndMs) + (isFirst ? 0 : EPOCH_SPACING_MS) - firstTimestampMs;
    return new Remuxer({ isTypeSupported: this.isTypeSupported, shiftMs: this.shiftMs });
  }

  private remember(packet: Packet): void {
    if (packet.header.isDoor && !packet.header.isContinuation) {
      this.recent = [];
      this.recentBytes = 0;
    }
    this.recent.push(packet);
    this.recentBytes += packet.bytes.length;
    while (this.recentBytes > RECENT_BYTES_MAX)
      this.recentBytes -= this.recent.shift()?.bytes.length ?? this.recentBytes;
  }
}

const NOTHING_EXPECTED = { video: false, audio: false };
