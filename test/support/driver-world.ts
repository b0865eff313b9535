import type { ChannelName, Epoch, Millis, PeerId, Sequence } from '../../shared/basics/units.ts';
import type {
  PacketSource,
  PacketStreamEvents,
  PacketStreamRequest,
  PeerConnection,
  PeerConnectionEvents,
  PeerConnector,
  TrackerClientEvents,
} from '../../shared/driver/ports.ts';
import { type DrivenEngine, SwarmDriver, type SwarmDriverOptions } from '../../shared/driver/swarm-driver.ts';
import type { Packet } from '../../shared/packets/packet.ts';
import type { EngineInput, EngineOutput, EngineSnapshot } from '../../shared/swarm/engine-types.ts';
import type { IceServer, JoinAnswer, JoinRequest } from '../../shared/wire/tracker-messages.ts';

/** A peer's id out of one letter. */
export function peerOf(letter: string): PeerId {
  return letter.repeat(16) as PeerId;
}

/** A swarm driver in a world of scripts: the engine answers as told, and everything the driver does is written down. */
export class DriverWorld {
  readonly inputs: EngineInput[] = [];
  readonly log: string[] = [];
  readonly connections = new Map<string, ScriptedConnection>();
  readonly streams: { request: PacketStreamRequest; events: PacketStreamEvents }[] = [];
  readonly fetches: { sequence: Sequence; resolve: (packet: Packet) => void; reject: (error: Error) => void }[] = [];
  readonly verifications: { resolve: (isValid: boolean) => void; reject: (error: Error) => void }[] = [];
  tracker: TrackerClientEvents | undefined;
  join: JoinRequest | undefined;
  wakeup: (() => void) | undefined;
  nowMs = 1000;
  nextWakeupMs: number | undefined;
  /** What the engine says to each input. */
  answer: (input: EngineInput) => EngineOutput[] = () => [];
  readonly driver: SwarmDriver;

  /** `without`: what the driver is not given. */
  constructor(options: Partial<SwarmDriverOptions> = {}, without: readonly ('source' | 'connector')[] = []) {
    const all: SwarmDriverOptions = {
      channel: 'main' as ChannelName,
      role: 'viewer',
      connector: this.connector(),
      source: this.source(),
      trackerFactory: (join, events) => {
        this.join = join;
        this.tracker = events;
        this.log.push('tracker joined');
        return {
          ask: ({ substreams }) => this.log.push(`ask ${substreams}`),
          signal: ({ peerId, signal }) => this.log.push(`signal ${signal.type} to ${peerId[0]}`),
          report: () => this.log.push('report'),
          close: () => this.log.push('tracker left'),
        };
      },
      verify: () => new Promise((resolve, reject) => this.verifications.push({ resolve, reject })),
      timer: {
        schedule: (delayMs, wakeup) => {
          this.wakeup = wakeup;
          this.log.push(`wake in ${delayMs}`);
        },
        cancel: () => this.log.push('wake never'),
        close: () => this.log.push('timer closed'),
      },
      nowMs: () => this.nowMs as Millis,
      seed: 1,
      onPacket: ({ header }, from) => this.log.push(`packet ${header.sequence} from ${from}`),
      onEpochUnknown: (epoch) => this.log.push(`epoch ${epoch} unknown`),
      engine: this.engine(),
      ...options,
    };
    const given = Object.entries(all).filter(([name]) => !(without as readonly string[]).includes(name));
    this.driver = new SwarmDriver(Object.fromEntries(given) as unknown as SwarmDriverOptions);
  }

  /** Makes the engine give these outputs now, by an input that does nothing else. */
  order(...outputs: EngineOutput[]): void {
    const answer = this.answer;
    this.answer = (input) => {
      this.answer = answer;
      return [...outputs, ...answer(input)];
    };
    this.driver.setClockOffset(0);
  }

  /** The inputs since the last call, without those that only carried an order. */
  takeInputs(): EngineInput[] {
    return this.inputs.splice(0).filter(({ type }) => type !== 'clock');
  }

  takeLog(): string[] {
    return this.log.splice(0);
  }

  connection(letter: string): ScriptedConnection {
    const connection = this.connections.get(peerOf(letter));
    if (connection === undefined) throw new Error(`nobody connects to ${letter}`);
    return connection;
  }

  private engine(): DrivenEngine {
    return {
      handle: (input) => {
        this.inputs.push(input);
        return this.answer(input);
      },
      nextWakeup: () => this.nextWakeupMs as Millis | undefined,
      snapshot: () => ({ links: 7 }) as unknown as EngineSnapshot,
    };
  }

  private connector(): PeerConnector {
    return {
      connect: (peer, offers, iceServers, events) => {
        this.log.push(`connect ${peer[0]}${offers ? ' offering' : ''}`);
        const connection = new ScriptedConnection(events, iceServers, this.log, peer);
        this.connections.set(peer, connection);
        return connection;
      },
      close: () => this.log.push('connector closed'),
    };
  }

  private source(): PacketSource {
    return {
      describe: () => Promise.reject(new Error('not asked here')),
      fetchPacket: (_reason, _epoch, sequence) =>
        new Promise((resolve, reject) => this.fetches.push({ sequence, resolve, reject })),
      openStream: (request, events) => {
        this.streams.push({ request, events });
        this.log.push(`stream ${request.substreams} from ${request.from}`);
        return { close: () => this.log.push('stream closed') };
      },
      receivedBytes: { start: 0, rescue: 0, stream: 0 },
      close: () => this.log.push('source closed'),
    };
  }
}

export class ScriptedConnection implements PeerConnection {
  readonly events: PeerConnectionEvents;
  readonly iceServers: readonly IceServer[];
  private readonly log: string[];
  private readonly letter: string;
  accepts = true;
  buffered = 0;

  constructor(events: PeerConnectionEvents, iceServers: readonly IceServer[], log: string[], peer: PeerId) {
    this.events = events;
    this.iceServers = iceServers;
    this.log = log;
    this.letter = peer.charAt(0);
  }

  signal(message: { type: string }): void {
    this.log.push(`${this.letter} signalled ${message.type}`);
  }

  send(channel: string, bytes: Uint8Array): boolean {
    this.log.push(`send ${bytes[0]} on ${channel} to ${this.letter}`);
    this.buffered += bytes.byteLength;
    return this.accepts;
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  close(): void {
    this.log.push(`close ${this.letter}`);
  }
}

export function joinAnswer(fields: Partial<JoinAnswer> = {}): JoinAnswer {
  return {
    peerId: peerOf('z'),
    serverTimeMs: 0,
    iceServers: [],
    introductions: [],
    swarm: { isShort: false, viewers: 2 },
    commitments: [],
    ...fields,
  };
}

export const EPOCH = 77 as Epoch;
