import type { Epoch, Sequence } from '../basics/units.ts';
import type { EngineInput } from '../swarm/engine-types.ts';
import type { PacketSource, PacketStream } from './ports.ts';

/** The one endless response of the server that the engine keeps open, for the sub-streams that it names. */
export class ServerStream {
  private readonly source: PacketSource;
  private readonly substreamCount: number;
  private readonly feed: (input: EngineInput) => void;
  private current: PacketStream | undefined;

  /** `substreamCount`: how many make the whole stream. */
  constructor(source: PacketSource, substreamCount: number, feed: (input: EngineInput) => void) {
    this.source = source;
    this.substreamCount = substreamCount;
    this.feed = feed;
  }

  /** A new response takes the place of the one before; none of the sub-streams: it only ends. */
  keep(epoch: Epoch, substreams: readonly number[], from: Sequence): void {
    this.close();
    if (substreams.length === 0) return;
    this.current = this.source.openStream(
      // All of them: asked for as the stream, not as a lease.
      { epoch, from, ...(substreams.length < this.substreamCount && { substreams }) },
      {
        onPacket: (packet) => this.feed({ type: 'packet-from-server', packet, via: 'stream' }),
        onClosed: (reason) => {
          this.current = undefined;
          this.feed({ type: 'server-stream-closed', reason });
        },
      },
    );
  }

  close(): void {
    this.current?.close();
    this.current = undefined;
  }
}
