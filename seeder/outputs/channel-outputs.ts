import type { Channel } from '../channel.ts';
import { FlvOutput } from './flv-output.ts';
import { OriginBytes } from './origin-bytes.ts';
import { PacketStreamOutput } from './packet-stream-output.ts';

/** What the outputs need of a channel. */
export type OutputChannel = Pick<Channel, 'name' | 'title' | 'log' | 'describe' | 'streamBytesTotal'>;

/** All that reads one channel's log over HTTP. */
export class ChannelOutputs {
  readonly channel: OutputChannel;
  readonly originBytes = new OriginBytes();
  readonly flv: FlvOutput;
  readonly packetStream: PacketStreamOutput;

  constructor(channel: OutputChannel, now: () => number = () => performance.now()) {
    const { log } = channel;
    this.channel = channel;
    this.flv = new FlvOutput({ log, now, onSent: (bytes) => this.originBytes.add('flv', bytes) });
    this.packetStream = new PacketStreamOutput({ log, now });
  }

  close(): void {
    this.flv.close();
    this.packetStream.close();
  }
}
