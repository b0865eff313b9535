import { assert } from '../basics/assert.ts';
import type { Epoch, MediaMillis, Sequence, WallMillis } from '../basics/units.ts';
import { concatenate } from '../bytes/concatenate.ts';
import { ConfigurationStore } from '../tags/configuration-store.ts';
import { encodeFlvTag, flvTagLength } from '../tags/flv-tag-writer.ts';
import type { Tag, TagKind } from '../tags/tag.ts';
import { readTagContents, type TagContent } from '../tags/tag-contents.ts';
import { DoorPolicy } from './door-policy.ts';
import { PACKET_PAYLOAD_BYTES_MAX, type PacketHeader } from './packet.ts';

/** A packet before it is signed. */
export type UnsignedPacket = { readonly header: PacketHeader; readonly payload: Uint8Array };

/** Media time after which the next tag begins another packet: with tags every 10 to 20 ms that is 16 to 18 packets a second. */
const PACKET_SPAN_MS = 50;
/** Wall time after which a packet is closed though no tag came. Longer than the above, so that no timer runs out while tags come. */
export const PACKET_OPEN_MS_MAX = 80;

/** One tag, or a door's configuration and keyframe, carried over several packets. A 4K keyframe is under 2 MiB. */
export const UNIT_BYTES_MAX = 8 * 1024 * 1024;

/** Room for the configuration that a door repeats: the codecs' own is under 1 KiB, even HEVC's with several sets. */
const CONFIGURATION_BYTES_MAX = 8 * 1024;
/** Script data longer than this (keyframe tables of files) is not repeated at doors: it would cost more than the audio. */
const REPEATED_SCRIPT_BYTES_MAX = 1024;

const DURATION_MS_MAX = 0xffff;
const SEQUENCE_MAX = 0xffff_ffff;

export type PacketizerOptions = {
  readonly epoch: Epoch;
  /** Number of the first packet; over 0 where a numbering is continued. Default 0. */
  readonly firstSequence?: Sequence;
  readonly variant?: number;
};

/**
 * Groups tags into packets. It has no clock: `push` is given the time at which a tag arrived, and whoever drives it calls
 * `flushDue` at `nextFlushMs`, too early does no harm. Tags stand in packets as in an FLV file, so that payloads one after
 * another are a stream for HTTP-FLV:
 *
 *   packet          [tag][tag][tag]
 *   door            [configuration again][keyframe][tag]          the first part only for those who begin here
 *   a large tag     [first bytes of a tag] [more bytes] [rest]    parts of one unit, nothing else in these packets
 */
export class Packetizer {
  private readonly epoch: Epoch;
  private readonly variant: number;
  private nextSequence: number;
  private readonly configurations = new ConfigurationStore();
  private readonly doors = new DoorPolicy();
  private open: OpenPacket | undefined;
  private newestMs = 0 as MediaMillis;
  /** A jump was told with a tag that was then left out: the next one carries it. */
  private owesDiscontinuity = false;
  private dropped = 0;

  constructor(options: PacketizerOptions) {
    this.epoch = options.epoch;
    this.variant = options.variant ?? 0;
    this.nextSequence = options.firstSequence ?? 0;
  }

  /** Tags that were left out because they are over `UNIT_BYTES_MAX`. */
  get tagsDropped(): number {
    return this.dropped;
  }

  /**
   * `tag`: with its time on the epoch's line. `captureMs`: when it arrived. `contents`: of this tag, where they were read
   * already. Gives the packets that are closed by it.
   */
  push(
    tag: Tag,
    isDiscontinuity: boolean,
    captureMs: WallMillis,
    contents: readonly TagContent[] = readTagContents(tag),
  ): UnsignedPacket[] {
    const configuration = this.configurations.observe(tag, contents);
    const isJump = isDiscontinuity || this.owesDiscontinuity;
    const isTooLarge = flvTagLength(tag) > UNIT_BYTES_MAX - CONFIGURATION_BYTES_MAX;
    if (isTooLarge) this.dropped++;
    if (isTooLarge || configuration === 'repeated') {
      this.owesDiscontinuity = isJump;
      return [];
    }
    this.owesDiscontinuity = false;
    const isDoor = this.doors.isDoor(tag, contents);
    const isBreak = isJump || (configuration === 'changed' && concernsFirstTrack(contents));
    const repeated = isDoor ? this.repeatedConfiguration(tag.timestampMs) : NO_BYTES;
    const bytes = encodeFlvTag(tag);
    const closed: UnsignedPacket[] = [];
    if (isDoor || isBreak || this.isFull(bytes.byteLength, tag.timestampMs)) {
      closed.push(...this.close(isJump ? undefined : tag.timestampMs));
    }
    const start: PacketStart = { timestampMs: tag.timestampMs, captureMs, isDoor, isDiscontinuity: isBreak };
    if (repeated.byteLength + bytes.byteLength > PACKET_PAYLOAD_BYTES_MAX) {
      closed.push(...this.splitUnit(start, tag.kind, repeated, bytes));
    } else {
      this.open ??= new OpenPacket(start, repeated);
      this.open.add(tag, bytes);
    }
    this.newestMs = tag.timestampMs;
    return closed;
  }

  /** Closes the open packet once it has been open for `PACKET_OPEN_MS_MAX`, or where the wall clock was set back. */
  flushDue(nowMs: WallMillis): UnsignedPacket[] {
    if (this.open === undefined) return [];
    const openForMs = nowMs - this.open.start.captureMs;
    return openForMs < 0 || openForMs >= PACKET_OPEN_MS_MAX ? this.close(undefined) : [];
  }

  /** When `flushDue` will have something to do; undefined where nothing waits. */
  nextFlushMs(): WallMillis | undefined {
    return this.open && ((this.open.start.captureMs + PACKET_OPEN_MS_MAX) as WallMillis);
  }

  /** The broadcast is over: what is left, and one empty packet that says so. */
  end(captureMs: WallMillis): UnsignedPacket[] {
    const closed = this.close(undefined);
    const start: PacketStart = { timestampMs: this.newestMs, captureMs, isDoor: false, isDiscontinuity: false };
    return [...closed, { header: { ...this.header(start), isEnd: true }, payload: NO_BYTES }];
  }

  private isFull(tagBytes: number, timestampMs: MediaMillis): boolean {
    if (this.open === undefined) return false;
    return (
      this.open.byteLength + tagBytes > PACKET_PAYLOAD_BYTES_MAX ||
      timestampMs - this.open.start.timestampMs >= PACKET_SPAN_MS
    );
  }

  /** `untilMs`: time of the tag that comes after, where it follows without a jump. */
  private close(untilMs: MediaMillis | undefined): UnsignedPacket[] {
    const open = this.open;
    if (open === undefined) return [];
    this.open = undefined;
    const durationMs = (untilMs ?? open.newestMs) - open.start.timestampMs;
    const header: PacketHeader = {
      ...this.header(open.start),
      hasConfiguration: open.configurationLength > 0,
      configurationLength: open.configurationLength,
      hasAudio: open.kinds.has('audio'),
      hasVideo: open.kinds.has('video'),
      hasData: open.kinds.has('data'),
      durationMs: Math.min(Math.max(durationMs, 0), DURATION_MS_MAX),
    };
    return [{ header, payload: open.payload() }];
  }

  private splitUnit(start: PacketStart, kind: TagKind, repeated: Uint8Array, bytes: Uint8Array): UnsignedPacket[] {
    const closed = this.close(start.timestampMs);
    const unit = concatenate([repeated, bytes], repeated.byteLength + bytes.byteLength);
    const partCount = Math.ceil(unit.byteLength / PACKET_PAYLOAD_BYTES_MAX);
    for (let part = 0; part < partCount; part++) {
      const isFirst = part === 0;
      const header: PacketHeader = {
        ...this.header({
          ...start,
          isDoor: start.isDoor && isFirst,
          isDiscontinuity: start.isDiscontinuity && isFirst,
        }),
        hasConfiguration: isFirst && repeated.byteLength > 0,
        configurationLength: isFirst ? repeated.byteLength : 0,
        isContinuation: !isFirst,
        isUnfinished: part < partCount - 1,
        hasAudio: kind === 'audio',
        hasVideo: kind === 'video',
        hasData: kind === 'data',
        part,
      };
      const at = part * PACKET_PAYLOAD_BYTES_MAX;
      closed.push({ header, payload: unit.subarray(at, at + PACKET_PAYLOAD_BYTES_MAX) });
    }
    return closed;
  }

  private header(start: PacketStart): PacketHeader {
    assert(this.nextSequence <= SEQUENCE_MAX, 'an epoch has at most 2^32 packets: a new one must begin');
    return {
      ...start,
      variant: this.variant,
      epoch: this.epoch,
      sequence: this.nextSequence++ as Sequence,
      hasConfiguration: false,
      isEnd: false,
      isContinuation: false,
      isUnfinished: false,
      hasAudio: false,
      hasVideo: false,
      hasData: false,
      durationMs: 0,
      configurationLength: 0,
      part: 0,
    };
  }

  /** What a new reader needs before this moment, as tags of this moment: codecs first in the room there is. */
  private repeatedConfiguration(timestampMs: MediaMillis): Uint8Array {
    const tags = this.configurations.tags();
    const isScript = (tag: Tag): boolean => tag.kind === 'data';
    const wanted = [...tags.filter((tag) => !isScript(tag)), ...tags.filter(isScript)];
    const encoded = new Map<Tag, Uint8Array>();
    let length = 0;
    for (const tag of wanted) {
      const bytes = encodeFlvTag({ ...tag, timestampMs });
      if (length + bytes.byteLength > CONFIGURATION_BYTES_MAX) continue;
      if (isScript(tag) && bytes.byteLength > REPEATED_SCRIPT_BYTES_MAX) continue;
      encoded.set(tag, bytes);
      length += bytes.byteLength;
    }
    return concatenate(
      tags.flatMap((tag) => encoded.get(tag) ?? []),
      length,
    );
  }
}

const NO_BYTES = new Uint8Array(0);

type PacketStart = {
  readonly timestampMs: MediaMillis;
  readonly captureMs: WallMillis;
  readonly isDoor: boolean;
  readonly isDiscontinuity: boolean;
};

/** The packet that tags are being put into. */
class OpenPacket {
  readonly start: PacketStart;
  readonly configurationLength: number;
  readonly kinds = new Set<TagKind>();
  newestMs: MediaMillis;
  byteLength: number;
  private readonly pieces: Uint8Array[];

  constructor(start: PacketStart, repeated: Uint8Array) {
    this.start = start;
    this.configurationLength = repeated.byteLength;
    this.newestMs = start.timestampMs;
    this.byteLength = repeated.byteLength;
    this.pieces = [repeated];
  }

  add(tag: Tag, bytes: Uint8Array): void {
    this.kinds.add(tag.kind);
    this.pieces.push(bytes);
    this.byteLength += bytes.byteLength;
    if (tag.timestampMs > this.newestMs) this.newestMs = tag.timestampMs;
  }

  payload(): Uint8Array {
    return concatenate(this.pieces, this.byteLength);
  }
}

/** New script data, other colours, or another configuration of a track that nobody plays, breaks nothing. */
function concernsFirstTrack(contents: readonly TagContent[]): boolean {
  return contents.some((content) => 'trackId' in content && content.trackId === 0 && content.role !== 'video-metadata');
}
