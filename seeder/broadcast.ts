import type { ChannelName, Epoch, MediaMillis, WallMillis } from '../shared/basics/units.ts';
import { encodeUnsignedPacket } from '../shared/packets/packet.ts';
import type { PacketLog } from '../shared/packets/packet-log.ts';
import { PACKET_OPEN_MS_MAX, Packetizer, type UnsignedPacket } from '../shared/packets/packetizer.ts';
import { attachSignature, signedBytes } from '../shared/packets/signature.ts';
import type { Tag } from '../shared/tags/tag.ts';
import type { TagContent } from '../shared/tags/tag-contents.ts';
import { type PlacedTag, Timeline } from '../shared/tags/timeline.ts';
import { TrackObserver } from '../shared/tags/track-observer.ts';
import type { Clock } from './clock.ts';
import { KeyframeGate } from './keyframe-gate.ts';
import type { SigningKey } from './signing-key.ts';

export type BroadcastOptions = {
  readonly channel: ChannelName;
  readonly epoch: Epoch;
  readonly log: PacketLog;
  readonly signingKey: SigningKey;
  readonly clock: Clock;
};

/** Where the line begins: room for tags that are older than the first, as far as audio and video are usually interleaved. */
const LINE_START_MS = 1000 as MediaMillis;

/** One epoch of a channel: raw tags in, signed packets into the log, from the first tag to the packet that says the end. */
export class Broadcast {
  private readonly options: BroadcastOptions;
  private readonly timeline = new Timeline(LINE_START_MS);
  private readonly gate = new KeyframeGate();
  private readonly observer = new TrackObserver();
  private readonly packetizer: Packetizer;
  private cancelFlush: (() => void) | undefined;
  private flushDueMs: WallMillis | undefined;
  /** A jump at a tag that the gate held back is told with the next one. */
  private owesDiscontinuity = false;

  constructor(options: BroadcastOptions) {
    this.options = options;
    this.packetizer = new Packetizer({ epoch: options.epoch });
  }

  get epoch(): Epoch {
    return this.options.epoch;
  }

  get tracks(): ReturnType<TrackObserver['tracks']> {
    return this.observer.tracks();
  }

  /** How far its media time has come. */
  get newestMs(): MediaMillis {
    return this.timeline.newestMs;
  }

  /** Pictures that wait for a keyframe which does not come. */
  get framesHeld(): number {
    return this.gate.framesHeld;
  }

  /** Tags too large for packets. */
  get tagsDropped(): number {
    return this.packetizer.tagsDropped;
  }

  /** The place of a tag on the line. Each tag is placed once, and then pushed. */
  place(tag: Tag, contents: readonly TagContent[]): PlacedTag {
    return this.timeline.place(tag, contents);
  }

  push(placed: PlacedTag, contents: readonly TagContent[]): void {
    this.observer.observe(placed.tag, contents);
    this.owesDiscontinuity ||= placed.isDiscontinuity;
    if (!this.gate.admits(placed.tag, contents)) return;
    this.emit(this.packetizer.push(placed.tag, this.owesDiscontinuity, this.now(), contents));
    this.owesDiscontinuity = false;
    this.scheduleFlush();
  }

  /** The source began again: its next times may be any, and its pictures refer to ones that did not come. */
  restart(): void {
    this.timeline.restart();
    this.gate.close();
  }

  /** Sends what is open, and the packet that says the broadcast is over. */
  end(): void {
    this.cancelFlush?.();
    this.cancelFlush = undefined;
    this.emit(this.packetizer.end(this.now()));
  }

  private emit(unsigned: readonly UnsignedPacket[]): void {
    const { channel, log, signingKey } = this.options;
    for (const { header, payload } of unsigned) {
      const bytes = encodeUnsignedPacket(header, payload);
      log.append(attachSignature(bytes, signingKey.sign(signedBytes(channel, bytes))));
    }
  }

  private scheduleFlush(): void {
    const dueMs = this.packetizer.nextFlushMs();
    if (dueMs === this.flushDueMs) return;
    this.cancelFlush?.();
    this.cancelFlush = undefined;
    this.flushDueMs = dueMs;
    if (dueMs === undefined) return;
    // The wall clock may have been set back: no packet stays open for longer than its span.
    const delayMs = Math.min(Math.max(dueMs - this.now(), 1), PACKET_OPEN_MS_MAX);
    this.cancelFlush = this.options.clock.after(delayMs, () => {
      this.cancelFlush = undefined;
      this.flushDueMs = undefined;
      this.emit(this.packetizer.flushDue(this.now()));
      this.scheduleFlush();
    });
  }

  private now(): WallMillis {
    return this.options.clock.wallMs() as WallMillis;
  }
}
