import type { TestContext } from 'node:test';
import { io, type Socket } from 'socket.io-client';
import type { PeerId, Sequence } from '../../shared/basics/units.ts';
import { openNodeConnector } from '../../shared/driver/node/open-connector.ts';
import type { PeerConnection, PeerConnector } from '../../shared/driver/ports.ts';
import { decodePacket, PACKET_HEADER_BYTES, type Packet, SIGNATURE_BYTES } from '../../shared/packets/packet.ts';
import { PacketReader } from '../../shared/packets/packet-reader.ts';
import { HAVE_MAP_BYTES } from '../../shared/wire/have.ts';
import { REQUEST_SEQUENCES_MAX, WIRE_PROTOCOL_VERSION } from '../../shared/wire/limits.ts';
import {
  type IceServer,
  type Introduction,
  type JoinReply,
  type SignalEnvelope,
  TRACKER_PROTOCOL_VERSION,
} from '../../shared/wire/tracker-messages.ts';
import { decodeWireMessage, encodeWireMessage, type WireMessage } from '../../shared/wire/wire-message.ts';

const SUBSTREAMS = 8;
const TICK_MS = 50;
/** What a hostile peer throws at each link in a tick, beside everything else it does. */
const FLOOD_MESSAGES = 40;
const REPEATS = 5;
const KEPT_PACKETS = 64;

/**
 * forge: changes one byte of the media in every packet it passes on; the header stays, the signature no longer fits.
 * repeat: passes on true packets, each of them several times, old ones too.
 * lie: claims to hold everything at no delay, accepts every child and sends nothing.
 * flood: asks for packets, and greets, as fast as it can.
 */
export type Vice = 'forge' | 'repeat' | 'lie' | 'flood';

/** A peer in Node that speaks the protocol and means harm. It reads the true stream from the server. */
export class HostilePeer {
  readonly vice: Vice;
  private readonly serverUrl: string;
  private readonly channel: string;
  private readonly connector: PeerConnector;
  private readonly links = new Map<PeerId, Link>();
  private readonly socket: Socket;
  private readonly stopped = new AbortController();
  private readonly packets: Packet[] = [];
  private iceServers: readonly IceServer[] = [];
  private ticks: NodeJS.Timeout | undefined;
  /** Links that were ever open, and those of them that the other side has hung up. */
  opened = 0;
  hungUpOn = 0;
  /** Harmful messages sent. */
  sent = 0;

  constructor(vice: Vice, serverUrl: string, channel: string, connector: PeerConnector) {
    this.vice = vice;
    this.serverUrl = serverUrl;
    this.channel = channel;
    this.connector = connector;
    this.socket = io(serverUrl, {
      path: '/tracker',
      addTrailingSlash: false,
      transports: ['websocket'],
      forceNew: true,
    });
    this.socket.on('connect', () => void this.join());
    this.socket.on('introduce', (introductions: readonly Introduction[]) => this.meet(introductions));
    this.socket.on('signal', ({ peerId, signal }: SignalEnvelope) => {
      if (!this.links.has(peerId)) this.meet([{ peerId, role: 'viewer', offers: false }]);
      this.links.get(peerId)?.connection.signal(signal);
    });
    this.ticks = setInterval(() => this.tick(), TICK_MS);
    void this.readStream();
  }

  close(): void {
    clearInterval(this.ticks);
    this.stopped.abort();
    this.socket.disconnect();
    this.connector.close();
  }

  private async join(): Promise<void> {
    const reply = (await this.socket.emitWithAck('join', {
      protocol: TRACKER_PROTOCOL_VERSION,
      channel: this.channel,
      role: 'viewer',
      uplinkKbps: 100_000,
    })) as JoinReply;
    if (!('answer' in reply)) throw new Error(`the tracker refuses a hostile peer: ${reply.refusal.message}`);
    this.iceServers = reply.answer.iceServers;
    this.meet(reply.answer.introductions);
  }

  private meet(introductions: readonly Introduction[]): void {
    for (const { peerId, offers } of introductions) {
      if (this.links.has(peerId)) continue;
      const link: Link = { connection: undefined as unknown as PeerConnection, isOpen: false, children: new Set() };
      this.links.set(peerId, link);
      link.connection = this.connector.connect(peerId, offers, this.iceServers, {
        onSignal: (signal) => this.socket.emit('signal', { peerId, signal }),
        onOpen: () => {
          this.opened++;
          link.isOpen = true;
          this.greet(link);
        },
        onMessage: (channel, bytes) => this.hear(link, decodeWireMessage(bytes, channel)),
        onDrained: () => {},
        onClosed: () => {
          if (link.isOpen && !this.stopped.signal.aborted) this.hungUpOn++;
          this.links.delete(peerId);
        },
      });
    }
  }

  private hear(link: Link, message: WireMessage): void {
    switch (message.type) {
      case 'ping':
        this.say(link, { type: 'pong', token: message.token });
        break;
      case 'subscribe':
        link.children.add(message.substream);
        this.say(link, { type: 'accept', substream: message.substream, epoch: message.epoch, path: [1] });
        break;
      case 'unsubscribe':
        link.children.delete(message.substream);
        break;
      case 'request':
        for (const packet of this.packets) {
          if (this.vice === 'forge' && message.sequences.includes(packet.header.sequence)) {
            this.harm(link, { type: 'repair', packet: forged(packet) });
          }
        }
        break;
      default:
    }
  }

  private tick(): void {
    for (const link of this.links.values()) {
      if (!link.isOpen) continue;
      this.claimEverything(link);
      if (this.vice === 'flood') this.flood(link);
    }
  }

  private greet(link: Link): void {
    const newest = this.packets.at(-1)?.header;
    this.say(link, {
      type: 'hello',
      protocolVersion: WIRE_PROTOCOL_VERSION,
      substreams: SUBSTREAMS,
      slots: 100,
      node: 1,
      epoch: newest?.epoch,
      playSequence: newest?.sequence ?? (0 as Sequence),
    });
  }

  /** Every packet, at once, for everybody. */
  private claimEverything(link: Link): void {
    const newest = this.packets.at(-1)?.header;
    if (newest === undefined) return;
    this.say(link, {
      type: 'have',
      epoch: newest.epoch,
      base: Math.max(0, newest.sequence - 64) as Sequence,
      map: new Uint8Array(HAVE_MAP_BYTES).fill(0xff),
      openSubstreams: 2 ** SUBSTREAMS - 1,
      slotsFree: 100,
      uplinkBytesPerSecond: 12_500_000,
      substreams: Array.from({ length: SUBSTREAMS }, () => ({ lagMs: 1, weakestStrength: 0, children: 0 })),
    });
  }

  private flood(link: Link): void {
    const newest = this.packets.at(-1)?.header;
    if (newest === undefined) return;
    const sequences = Array.from(
      { length: REQUEST_SEQUENCES_MAX },
      (_, index) => Math.max(0, newest.sequence - index) as Sequence,
    );
    for (let count = 0; count < FLOOD_MESSAGES; count++) {
      this.harm(link, { type: 'request', epoch: newest.epoch, sequences });
      this.greet(link);
    }
  }

  private pass(packet: Packet): void {
    this.packets.push(packet);
    if (this.packets.length > KEPT_PACKETS) this.packets.shift();
    const substream = packet.header.sequence % SUBSTREAMS;
    for (const link of this.links.values()) {
      if (!link.isOpen || !link.children.has(substream)) continue;
      if (this.vice === 'forge') this.harm(link, { type: 'push', isBacklog: false, packet: forged(packet) });
      if (this.vice !== 'repeat') continue;
      const old = this.packets[0] ?? packet;
      for (let count = 0; count < REPEATS; count++) {
        this.harm(link, { type: 'push', isBacklog: false, packet });
        this.harm(link, { type: 'push', isBacklog: false, packet: old });
      }
    }
  }

  private async readStream(): Promise<void> {
    const { signal } = this.stopped;
    try {
      const response = await fetch(`${this.serverUrl}/live/${this.channel}/packets?from=live`, { signal });
      const reader = new PacketReader();
      for await (const bytes of response.body ?? []) for (const packet of reader.push(bytes)) this.pass(packet);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  private harm(link: Link, message: WireMessage): void {
    this.sent++;
    this.say(link, message);
  }

  private say(link: Link, message: WireMessage): void {
    const isData = message.type === 'push' || message.type === 'repair';
    link.connection.send(isData ? 'data' : 'control', encodeWireMessage(message));
  }
}

type Link = {
  connection: PeerConnection;
  isOpen: boolean;
  /** Sub-streams it accepted the other side as a child in. */
  readonly children: Set<number>;
};

export async function startHostilePeer(
  t: TestContext,
  vice: Vice,
  serverUrl: string,
  channel: string,
): Promise<HostilePeer> {
  const peer = new HostilePeer(vice, serverUrl, channel, await openNodeConnector());
  t.after(() => peer.close());
  return peer;
}

/** A copy with one bit of the media's last byte turned. */
function forged(packet: Packet): Packet {
  const bytes = packet.bytes.slice();
  const at = bytes.byteLength - SIGNATURE_BYTES - 1;
  if (at >= PACKET_HEADER_BYTES) bytes[at] = (bytes[at] as number) ^ 1;
  return decodePacket(bytes);
}
