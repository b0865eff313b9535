import type { Epoch, MediaMillis, WallMillis } from '../../../../shared/basics/units.ts';
import { encodeUnsignedPacket, SIGNATURE_BYTES } from '../../../../shared/packets/packet.ts';
import { PacketLog } from '../../../../shared/packets/packet-log.ts';
import { Packetizer, type UnsignedPacket } from '../../../../shared/packets/packetizer.ts';
import { attachSignature } from '../../../../shared/packets/signature.ts';
import type { Tag } from '../../../../shared/tags/tag.ts';

const START_MS = 1_700_000_000_000;
const FRAME_MS = 40;

export type BroadcastOptions = {
  readonly epoch?: number;
  /** Bytes of a keyframe and of another frame. */
  readonly keyframeBytes?: number;
  readonly frameBytes?: number;
  readonly hasVideo?: boolean;
};

/** A log that is filled as the seeder does it: H.264 with a keyframe each second, AAC beside it. The clock is the media's. */
export class BroadcastLog {
  readonly log = new PacketLog();
  private packetizer: Packetizer;
  private readonly options: Required<BroadcastOptions>;
  private frame = 0;

  constructor(options: BroadcastOptions = {}) {
    this.options = { epoch: 7, keyframeBytes: 3000, frameBytes: 400, hasVideo: true, ...options };
    this.packetizer = new Packetizer({ epoch: this.options.epoch as Epoch });
    this.begin();
  }

  get nowMs(): number {
    return this.frame * FRAME_MS;
  }

  /** The seeder cannot go on with the numbering. */
  restart(epoch: number): void {
    this.packetizer = new Packetizer({ epoch: epoch as Epoch });
    this.frame = 0;
    this.begin();
  }

  /** So much of the broadcast. */
  run(ms: number): void {
    const until = this.nowMs + ms;
    while (this.nowMs < until) {
      const isKeyframe = this.frame % 25 === 0;
      const size = isKeyframe ? this.options.keyframeBytes : this.options.frameBytes;
      if (this.options.hasVideo) this.push('video', [isKeyframe ? 0x17 : 0x27, 1, 0, 0, 0], size);
      this.push('audio', [0xaf, 1], 180);
      this.frame++;
    }
    this.append(this.packetizer.flushDue((START_MS + this.nowMs + 1000) as WallMillis));
  }

  end(): void {
    this.append(this.packetizer.end((START_MS + this.nowMs) as WallMillis));
  }

  private begin(): void {
    if (this.options.hasVideo) this.push('video', [0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 0, 1, 0, 0], 0);
    this.push('audio', [0xaf, 0, 0x11, 0x90], 0);
  }

  private push(kind: Tag['kind'], head: readonly number[], bytes: number): void {
    const body = new Uint8Array(head.length + bytes).fill(this.frame & 0xff);
    body.set(head);
    const tag: Tag = { kind, timestampMs: this.nowMs as MediaMillis, body };
    this.append(this.packetizer.push(tag, false, (START_MS + this.nowMs) as WallMillis));
  }

  private append(packets: readonly UnsignedPacket[]): void {
    for (const { header, payload } of packets) {
      this.log.append(attachSignature(encodeUnsignedPacket(header, payload), new Uint8Array(SIGNATURE_BYTES)));
    }
  }
}
