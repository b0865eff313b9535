import type { Epoch, MediaMillis, Sequence } from '../basics/units.ts';
import { concatenate } from '../bytes/concatenate.ts';
import { flvTagType } from '../tags/flv-tag-head.ts';
import type { Tag } from '../tags/tag.ts';
import type { Packet, PacketHeader } from './packet.ts';
import { UNIT_BYTES_MAX } from './packetizer.ts';
import { readPayloadTags } from './payload-tags.ts';

export type Depacketized = {
  readonly tags: readonly Tag[];
  /** Times jumped, a configuration changed, or another epoch began before the first of these tags. */
  readonly isDiscontinuity: boolean;
  /** Packets that are missing before this one, and units that were broken by it or could not be read. */
  readonly lostUnits: number;
  /** What was wrong inside a packet whose signature is right: a fault of the seeder, for its log. */
  readonly faults: readonly string[];
};

/**
 * Packets back into tags. It is given the packets of one epoch in order; a jump in sequence means that those between are
 * given up. It starts at a door. After a gap audio and data go on at once, video at the next door, which then also repeats
 * the configuration. Older packets than the last are ignored; a packet of another epoch starts over. Never throws.
 *
 *   waiting ──door──► reading ──gap──► reading, video held back ──door──► reading
 *      ▲────────────────┴──────────── another epoch ────────────────────────┘
 */
export class Depacketizer {
  private epoch: Epoch | undefined;
  private next: Sequence | undefined;
  private needsDoor: 'for-everything' | 'for-video' | 'no' = 'for-everything';
  private unit: Unit | undefined;
  private owesDiscontinuity = false;

  push(packet: Packet): Depacketized {
    const { header } = packet;
    if (header.epoch !== this.epoch) this.enter(header.epoch);
    if (this.next !== undefined && header.sequence < this.next) return NOTHING;
    const lostPackets = this.next === undefined ? 0 : header.sequence - this.next;
    this.next = (header.sequence + 1) as Sequence;

    const isReading = this.needsDoor !== 'for-everything' || this.unit !== undefined;
    const isNextPart = header.isContinuation && header.part === this.unit?.nextPart;
    const hasBrokenUnit = this.unit !== undefined && (lostPackets > 0 || !isNextPart);
    const lostUnits = isReading ? lostPackets + (hasBrokenUnit ? 1 : 0) : 0;
    if (lostUnits > 0) this.noteLoss();
    if (isReading) this.owesDiscontinuity ||= header.isDiscontinuity;
    // The rest of a unit whose beginning is lost is of no use, nor is anything before the first door.
    const isUseful =
      this.unit !== undefined || (this.needsDoor === 'for-everything' ? header.isDoor : !header.isContinuation);
    return isUseful ? this.collect(packet, lostUnits) : { ...NOTHING, lostUnits };
  }

  private collect(packet: Packet, lostUnits: number): Depacketized {
    const { header, payload } = packet;
    const unit = this.unit ?? new Unit(header);
    unit.add(payload);
    this.unit = header.isUnfinished ? unit : undefined;
    if (!header.isUnfinished) return this.read(unit, lostUnits);
    if (unit.byteLength <= UNIT_BYTES_MAX) return { ...NOTHING, lostUnits };
    this.unit = undefined;
    return this.fail(lostUnits, `packet ${header.sequence}: a unit of over ${UNIT_BYTES_MAX} bytes`);
  }

  private read(unit: Unit, lostUnits: number): Depacketized {
    const isRepeatWanted = this.needsDoor !== 'no';
    const bytes = unit.bytes();
    const skipped = isRepeatWanted ? 0 : unit.configurationLength;
    const { tags, fault } = readPayloadTags(bytes.subarray(skipped), unit.timestampMs);
    const isVideoDoor = unit.isDoor && bytes[unit.configurationLength] === VIDEO_TAG_TYPE;
    if (isVideoDoor || (unit.isDoor && this.needsDoor === 'for-everything')) this.needsDoor = 'no';
    const kept = this.needsDoor === 'for-video' ? tags.filter((tag) => tag.kind !== 'video') : tags;
    const isDiscontinuity = kept.length > 0 && this.owesDiscontinuity;
    if (isDiscontinuity) this.owesDiscontinuity = false;
    const result: Depacketized = { tags: kept, isDiscontinuity, lostUnits, faults: [] };
    if (fault === undefined) return result;
    const failed = this.fail(lostUnits, `packet ${unit.sequence}: ${fault.text} at byte ${skipped + fault.offset}`);
    return { ...result, lostUnits: failed.lostUnits, faults: failed.faults };
  }

  private fail(lostUnits: number, fault: string): Depacketized {
    this.noteLoss();
    return { ...NOTHING, lostUnits: lostUnits + 1, faults: [fault] };
  }

  private noteLoss(): void {
    this.unit = undefined;
    if (this.needsDoor === 'no') this.needsDoor = 'for-video';
  }

  private enter(epoch: Epoch): void {
    this.owesDiscontinuity = this.epoch !== undefined;
    this.epoch = epoch;
    this.next = undefined;
    this.needsDoor = 'for-everything';
    this.unit = undefined;
  }
}

/** A door that audio opened lets no picture in. */
const VIDEO_TAG_TYPE = flvTagType('video');

const NOTHING: Depacketized = { tags: [], isDiscontinuity: false, lostUnits: 0, faults: [] };

/** What one packet holds, or several that carry parts of it. */
class Unit {
  readonly sequence: Sequence;
  readonly timestampMs: MediaMillis;
  readonly isDoor: boolean;
  readonly configurationLength: number;
  byteLength = 0;
  private readonly pieces: Uint8Array[] = [];

  constructor(header: PacketHeader) {
    this.sequence = header.sequence;
    this.timestampMs = header.timestampMs;
    this.isDoor = header.isDoor;
    this.configurationLength = header.configurationLength;
  }

  get nextPart(): number {
    return this.pieces.length;
  }

  add(payload: Uint8Array): void {
    this.pieces.push(payload);
    this.byteLength += payload.byteLength;
  }

  /** One packet's payload as it is; parts joined. */
  bytes(): Uint8Array {
    const [only] = this.pieces;
    if (this.pieces.length === 1 && only !== undefined) return only;
    return concatenate(this.pieces, this.byteLength);
  }
}
