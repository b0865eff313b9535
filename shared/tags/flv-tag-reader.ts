import { SwarmtubeError } from '../basics/errors.ts';
import type { MediaMillis } from '../basics/units.ts';
import { ByteQueue } from '../bytes/byte-queue.ts';
import { type Fault, FaultLog } from './faults.ts';
import {
  FLV_TAG_HEAD_BYTES,
  type FlvTagHead,
  isFlvSignature,
  isPlausibleHead,
  PREVIOUS_TAG_SIZE_BYTES,
  readFlvTagHead,
  tagKindOfFlvType,
} from './flv-tag-head.ts';
import { notFlvError, SNIFFED_BYTES } from './not-flv.ts';
import type { Tag } from './tag.ts';
import { isFlvHeader, TagChainSearch } from './tag-chain-search.ts';

export type { Fault } from './faults.ts';

/** What a feed says, in the order in which it says it. */
export type FlvEvent =
  | { readonly type: 'tag'; readonly tag: Tag }
  /** A new FLV header in mid-body: the source began again, its times and codecs may be others from here on. */
  | { readonly type: 'restart' };

export type FlvTagReaderOptions = {
  /** `header` (default): a file or stream from its first byte. `tag`: bytes that begin at a tag, such as the end of a file. */
  readonly startsAt?: 'header' | 'tag';
  /** Longest tag body that is believed, bytes. Default 8 MiB: twice the largest keyframe of any live encoder. */
  readonly bodyBytesMax?: number;
};

const BODY_BYTES_MAX = 8 * 1024 * 1024;
/** A tag of a type that nobody defined is waited for only if it is short; a longer one is damage. */
const UNKNOWN_BODY_BYTES_MAX = 64 * 1024;
/**
 * While a body arrives of which more than this is there, or which claims to be longer than any usual one, it is searched for
 * tags: a damaged length would hold up a live feed for its sake.
 */
const TRUSTED_BODY_BYTES = 256 * 1024;
const USUAL_BODY_BYTES_MAX = 1024 * 1024;
/** Without a readable tag in this many bytes the feed is given up, so that its owner can ask for it anew. */
const SEARCH_BYTES_MAX = 4 * 1024 * 1024;
const HEADER_BYTES = 9;
const DATA_OFFSET_MAX = 64 * 1024;

/**
 * FLV out of bytes that come in any pieces: `push` a piece, get the tags that it completed; `end` when no more will come.
 *
 * Neither the header's flags nor PreviousTagSize is believed; both lie in the wild. A tag is handed out when the bytes behind
 * it agree: its PreviousTagSize is right, or a plausible tag follows. Where nothing agrees, the tag is dropped and the bytes
 * are searched for the next chain of tags. The same bytes give the same tags however they were cut. All of it is kept in
 * `faults`; only what is no FLV at all is thrown, as a `SwarmtubeError` ('not-flv', 'flv-lost').
 *
 * Times are the raw 32 bits of the file: a `Timeline` unwraps them. Bodies are copies of their own.
 */
export class FlvTagReader {
  private readonly queue = new ByteQueue();
  private readonly faultLog = new FaultLog();
  private readonly bodyBytesMax: number;
  private state: 'header' | 'tag' | 'searching' | 'failed' = 'header';
  private hasSeenHeader = false;
  private isEnd = false;
  private search: TagChainSearch | undefined;
  private searchStart = 0;
  /** The last tag's PreviousTagSize was wrong and the tag right: believe the next tag without waiting for what follows it. */
  private isSizeHabituallyWrong = false;
  private isFrontHandedOut = false;
  private lastTimestampMs = 0;
  private restartCount = 0;
  private headerFlags: { readonly hasAudio: boolean; readonly hasVideo: boolean } | undefined;
  private failure: SwarmtubeError | undefined;

  constructor(options: FlvTagReaderOptions = {}) {
    this.bodyBytesMax = options.bodyBytesMax ?? BODY_BYTES_MAX;
    if (options.startsAt === 'tag') this.state = 'tag';
  }

  /** What was wrong so far, a line a kind. */
  get faults(): readonly Fault[] {
    return this.faultLog.faults;
  }

  /** Bytes waiting for the rest of their tag. Bounded by one tag, or by the search for one. */
  get bytesBuffered(): number {
    return this.queue.length;
  }

  /** FLV headers in mid-body so far. */
  get restarts(): number {
    return this.restartCount;
  }

  /** What the newest header claims to carry. Often untrue. */
  get claims(): { readonly hasAudio: boolean; readonly hasVideo: boolean } | undefined {
    return this.headerFlags;
  }

  /** The tags that these bytes complete. Who must know where a source began again uses `read`. */
  push(bytes: Uint8Array): Tag[] {
    return this.read(bytes).flatMap((event) => (event.type === 'tag' ? [event.tag] : []));
  }

  /** Tags and restarts that these bytes complete, in order. `bytes` may be reused afterwards. Throws when this is no FLV. */
  read(bytes: Uint8Array): FlvEvent[] {
    if (this.failure !== undefined) throw this.failure;
    this.queue.append(bytes);
    return this.advance();
  }

  /** No more bytes will come: gives the last tag if only its PreviousTagSize is missing, and notes a cut in mid-tag. */
  end(): Tag[] {
    if (this.failure !== undefined) throw this.failure;
    this.isEnd = true;
    const events = this.advance();
    const left = this.queue.length;
    if (left > 0) {
      this.faultLog.report(
        'truncated',
        this.lastTimestampMs,
        () => `The feed ends in mid-tag: ${left} bytes are left over.`,
      );
      this.queue.consume(left);
    }
    return events.flatMap((event) => (event.type === 'tag' ? [event.tag] : []));
  }

  private advance(): FlvEvent[] {
    const events: FlvEvent[] = [];
    while (this.step(events));
    this.queue.settle();
    // What was read before the failure is still good: the failure is told at the next call.
    if (this.failure !== undefined && events.length === 0) throw this.failure;
    return events;
  }

  /** Does one thing; false when nothing more can be done with the bytes at hand. */
  private step(events: FlvEvent[]): boolean {
    switch (this.state) {
      case 'header':
        return this.readHeader(events);
      case 'tag':
        return this.readTag(events);
      case 'searching':
        return this.searchChain();
      case 'failed':
        return false;
    }
  }

  private readHeader(events: FlvEvent[]): boolean {
    const { queue } = this;
    if (!this.hasSeenHeader && !mayBeSignature(queue)) {
      if (queue.length < SNIFFED_BYTES && !this.isEnd) return false;
      return this.fail(notFlvError(queue.peek(0, SNIFFED_BYTES)));
    }
    if (queue.length < HEADER_BYTES) {
      if (this.isEnd && !this.hasSeenHeader) return this.fail(notFlvError(queue.peek(0, SNIFFED_BYTES)));
      return false;
    }
    const dataOffset = queue.u32(5);
    const isOffsetBelieved = dataOffset >= HEADER_BYTES && dataOffset <= DATA_OFFSET_MAX;
    const headerLength = isOffsetBelieved ? dataOffset : HEADER_BYTES;
    const wanted = headerLength + PREVIOUS_TAG_SIZE_BYTES + FLV_TAG_HEAD_BYTES;
    if (queue.length < headerLength + PREVIOUS_TAG_SIZE_BYTES && !this.isEnd) return false;
    // PreviousTagSize0 is 0; where it is not, it may be missing, which the head behind it tells.
    const isSizeZero = queue.u32(headerLength) === 0;
    if (!isSizeZero && queue.length < wanted && !this.isEnd) return false;
    if (!isOffsetBelieved) {
      this.report('header', () => `The FLV header claims to be ${dataOffset} bytes long; 9 are taken for it.`);
    }
    const flags = queue.u8(4);
    this.headerFlags = { hasAudio: (flags & 4) !== 0, hasVideo: (flags & 1) !== 0 };
    if (isSizeZero || !this.isMissingSizeAt(headerLength)) queue.consume(headerLength + PREVIOUS_TAG_SIZE_BYTES);
    else queue.consume(headerLength);
    if (!isSizeZero) this.report('previous-tag-size', () => 'The size in front of the first tag is not 0.');
    if (this.hasSeenHeader) {
      this.restartCount++;
      events.push({ type: 'restart' });
      this.report('restart', () => 'A new FLV header stands in mid-stream: the source began again.');
    }
    this.hasSeenHeader = true;
    this.isSizeHabituallyWrong = false;
    this.state = 'tag';
    return true;
  }

  private isMissingSizeAt(at: number): boolean {
    return this.isHeadAt(at) && !this.isHeadAt(at + PREVIOUS_TAG_SIZE_BYTES);
  }

  private readTag(events: FlvEvent[]): boolean {
    const { queue } = this;
    if (queue.length < 3) return false;
    if (isFlvSignature(queue, 0)) {
      this.hasSeenHeader = true;
      this.state = 'header';
      return true;
    }
    if (queue.length < FLV_TAG_HEAD_BYTES) return false;
    const head = readFlvTagHead(queue, 0);
    if (!this.isWorthWaitingFor(head)) return this.startSearch();
    const length = FLV_TAG_HEAD_BYTES + head.bodyLength;
    if (this.isSizeHabituallyWrong && queue.length >= length) this.handOut(head, events);
    if (queue.length < length + PREVIOUS_TAG_SIZE_BYTES) {
      if (this.isEnd && queue.length >= length) return this.handOutLast(head, events);
      return this.doubt(head);
    }
    const previousTagSize = queue.u32(length);
    const isSizeRight = previousTagSize === length;
    if (!isSizeRight) {
      const next = this.whatFollows(length + PREVIOUS_TAG_SIZE_BYTES);
      if (next === 'unknown') return this.doubt(head);
      // The last bytes of a body that was cut may be the header of a source that began again.
      const isHeaderSwallowed = head.bodyLength >= HEADER_BYTES && isFlvHeader(queue, length - HEADER_BYTES);
      const isWrong = next === 'nonsense' || isHeaderSwallowed || !isPlausibleHead(head, this.bodyBytesMax);
      if (isWrong) return this.startSearch();
      this.report(
        'previous-tag-size',
        () => `PreviousTagSize says ${previousTagSize} behind a tag of ${length} bytes.`,
      );
    }
    this.handOut(head, events);
    this.isSizeHabituallyWrong = !isSizeRight;
    this.isFrontHandedOut = false;
    this.search = undefined;
    queue.consume(length + PREVIOUS_TAG_SIZE_BYTES);
    return true;
  }

  /** Loose: what stands where a tag should is a tag or nearly one. The bytes behind it will tell. */
  private isWorthWaitingFor(head: FlvTagHead): boolean {
    if (head.hasReservedBits || head.bodyLength > this.bodyBytesMax) return false;
    if (tagKindOfFlvType(head.type) !== undefined) return true;
    return head.type !== 0 && head.streamId === 0 && head.bodyLength <= UNKNOWN_BODY_BYTES_MAX;
  }

  private whatFollows(at: number): 'tag' | 'nonsense' | 'unknown' {
    const { queue } = this;
    const available = queue.length - at;
    if (available >= 3 && isFlvSignature(queue, at)) return 'tag';
    if (available >= FLV_TAG_HEAD_BYTES) return this.isHeadAt(at) ? 'tag' : 'nonsense';
    if (!this.isEnd) return 'unknown';
    return this.hasTagsInside() ? 'nonsense' : 'tag';
  }

  /** At the end nothing behind a tag can tell that its length was damaged; the tags it swallowed can. */
  private hasTagsInside(): boolean {
    return new TagChainSearch(this.queue.offset + 1, this.bodyBytesMax).find(this.queue, true) !== undefined;
  }

  private isHeadAt(at: number): boolean {
    if (at + FLV_TAG_HEAD_BYTES > this.queue.length) return false;
    return isPlausibleHead(readFlvTagHead(this.queue, at), this.bodyBytesMax);
  }

  /** The tag at the front waits for its bytes. It may be none: tags may stand in what is taken for its body. */
  private doubt(head: FlvTagHead): boolean {
    const { queue } = this;
    const isCut = this.isEnd && queue.length < FLV_TAG_HEAD_BYTES + head.bodyLength;
    if (!isCut && !isSuspicious(head) && queue.length <= TRUSTED_BODY_BYTES) return false;
    this.search ??= new TagChainSearch(queue.offset + 1, this.bodyBytesMax);
    const found = this.search.find(queue, this.isEnd);
    if (found === undefined) return false;
    this.searchStart = queue.offset;
    this.goOnAt(found);
    return true;
  }

  private startSearch(): boolean {
    this.searchStart = this.queue.offset;
    this.search = new TagChainSearch(this.queue.offset + 1, this.bodyBytesMax);
    this.state = 'searching';
    return true;
  }

  private searchChain(): boolean {
    const { queue } = this;
    const search = this.search as TagChainSearch;
    const found = search.find(queue, this.isEnd);
    if (found !== undefined) {
      this.goOnAt(found);
      return true;
    }
    queue.consume(search.oldestNeeded - queue.offset);
    if (queue.offset - this.searchStart <= SEARCH_BYTES_MAX) return false;
    return this.fail(
      new SwarmtubeError(
        'flv-lost',
        `The feed stopped being FLV: no tag in ${SEARCH_BYTES_MAX >> 20} MiB. Restart its source.`,
      ),
    );
  }

  private goOnAt(place: number): void {
    const skipped = place - this.searchStart;
    this.report('damaged', () => `${skipped} bytes were skipped that are no tags.`);
    this.queue.consume(place - this.queue.offset);
    this.search = undefined;
    this.isFrontHandedOut = false;
    this.isSizeHabituallyWrong = false;
    this.state = 'tag';
  }

  private handOut(head: FlvTagHead, events: FlvEvent[]): void {
    if (this.isFrontHandedOut) return;
    this.isFrontHandedOut = true;
    this.lastTimestampMs = head.timestampMs;
    const kind = tagKindOfFlvType(head.type);
    if (kind === undefined) {
      this.report('unknown-tag-type', () => `A tag of type ${head.type} was left out: only 8, 9 and 18 are known.`);
    } else if (head.isEncrypted) {
      this.report('encrypted', () => `An encrypted ${kind} tag was left out: its key is not known.`);
    } else {
      const body = this.queue.copy(FLV_TAG_HEAD_BYTES, FLV_TAG_HEAD_BYTES + head.bodyLength);
      events.push({ type: 'tag', tag: { kind, timestampMs: head.timestampMs as MediaMillis, body } });
    }
  }

  /** The feed ends where the last PreviousTagSize should be. */
  private handOutLast(head: FlvTagHead, events: FlvEvent[]): boolean {
    this.handOut(head, events);
    this.report('truncated', () => 'The feed ends before the last PreviousTagSize.');
    this.queue.consume(this.queue.length);
    return false;
  }

  private report(code: string, text: () => string): void {
    this.faultLog.report(code, this.lastTimestampMs, text);
  }

  private fail(error: SwarmtubeError): boolean {
    this.failure = error;
    this.state = 'failed';
    this.queue.consume(this.queue.length);
    return false;
  }
}

function isSuspicious(head: FlvTagHead): boolean {
  return head.streamId !== 0 || head.bodyLength > USUAL_BODY_BYTES_MAX;
}

function mayBeSignature(bytes: ByteQueue): boolean {
  return ['F', 'L', 'V'].every((letter, at) => at >= bytes.length || bytes.u8(at) === letter.charCodeAt(0));
}
