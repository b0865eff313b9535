import type { Epoch, Sequence, WallMillis } from '../../shared/basics/units.ts';
import type { Packet } from '../../shared/packets/packet.ts';

/** 100 s at 20 packets a second: nothing further ahead of the play head than this is of use. */
export const WINDOW_PACKETS_MAX = 2_048;

export type WindowInsert = 'kept' | 'duplicate' | 'past' | 'foreign' | 'too-far';

/**
 * Packets that came in any order, given out in the order of the stream. It waits at a hole; whoever plays decides when the
 * hole is to be skipped (`nextDoor`, `skipTo`), for only playback knows how long it can wait.
 */
export class PacketWindow {
  private readonly held = new Map<Sequence, Packet>();
  private epoch: Epoch | undefined;
  private next: Sequence = 0 as Sequence;

  /** Forgets everything and starts at this packet. */
  restart(epoch: Epoch, startSequence: Sequence): void {
    this.held.clear();
    this.epoch = epoch;
    this.next = startSequence;
  }

  /** The first packet that was not given out yet. */
  get nextSequence(): Sequence {
    return this.next;
  }

  get heldCount(): number {
    return this.held.size;
  }

  /** True while packets wait behind one that is missing. */
  get hasHole(): boolean {
    return this.held.size > 0 && !this.held.has(this.next);
  }

  insert(packet: Packet): WindowInsert {
    const { epoch, sequence } = packet.header;
    if (epoch !== this.epoch) return 'foreign';
    if (sequence < this.next) return 'past';
    if (sequence - this.next >= WINDOW_PACKETS_MAX) return 'too-far';
    if (this.held.has(sequence)) return 'duplicate';
    this.held.set(sequence, packet);
    return 'kept';
  }

  /** The unbroken run of packets that can be played now. */
  take(): Packet[] {
    const run: Packet[] = [];
    for (;;) {
      const packet = this.held.get(this.next);
      if (packet === undefined) return run;
      this.held.delete(this.next);
      run.push(packet);
      this.next = (this.next + 1) as Sequence;
    }
  }

  /** Capture of the first packet behind the hole; undefined where there is none. */
  get behindHoleMs(): WallMillis | undefined {
    return this.hasHole ? this.held.get(Math.min(...this.held.keys()) as Sequence)?.header.captureMs : undefined;
  }

  /** The first packet behind the hole at which playback can start anew. */
  nextDoor(): Packet | undefined {
    let door: Packet | undefined;
    for (const packet of this.held.values()) {
      if (packet.header.isDoor && (door === undefined || packet.header.sequence < door.header.sequence)) door = packet;
    }
    return door;
  }

  /** Gives up everything before this packet. */
  skipTo(sequence: Sequence): void {
    for (const held of [...this.held.keys()]) if (held < sequence) this.held.delete(held);
    this.next = sequence;
  }
}
