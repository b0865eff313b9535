import type { Epoch, PeerId } from '../../shared/basics/units.ts';
import type { SwarmEngine } from '../../shared/swarm/engine.ts';
import type { EngineConfig } from '../../shared/swarm/engine-config.ts';
import type { EngineOutput, FetchReason } from '../../shared/swarm/engine-types.ts';
import type { PeerRole } from '../../shared/wire/tracker-messages.ts';

export type NodeOptions = {
  readonly uplinkBytesPerSecond?: number;
  readonly uploadLimit?: number;
  readonly config?: Partial<EngineConfig>;
  /** Changes or drops what this peer sends: how a peer is made hostile. */
  readonly tamper?: (output: EngineOutput) => EngineOutput | undefined;
  readonly clockErrorMs?: number;
  /** Timers of a hidden tab: never sooner than this after they were set. */
  readonly wakeupDelayMs?: number;
};

/** One direction of a connection. */
export type Wire = { bufferedBytes: number; reportedBytes: number; lastControlMs: number };

export class NetworkNode {
  readonly peer: PeerId;
  readonly role: PeerRole;
  readonly engine: SwarmEngine;
  readonly options: NodeOptions;
  readonly joinedMs: number;
  readonly wires = new Map<PeerId, Wire>();
  readonly delivered = new Map<number, number>();
  readonly deliveredForged: number[] = [];
  readonly banned: PeerId[] = [];
  readonly disconnects: string[] = [];
  uplinkBytesPerSecond: number;
  lineFreeMs = 0;
  isAlive = true;
  isFrozen = false;
  wakeupAtMs: number | undefined;
  stream: { substreams: readonly number[]; from: number; generation: number } | undefined;
  streamGeneration = 0;
  streamRequests = 0;
  startSequence = 0;
  readonly serverBytes: Record<FetchReason | 'stream', number> = { start: 0, rescue: 0, stream: 0 };
  readonly epochsUnknown: Epoch[] = [];
  pushedBytes = 0;

  constructor(peer: PeerId, role: PeerRole, engine: SwarmEngine, options: NodeOptions, joinedMs: number) {
    this.peer = peer;
    this.role = role;
    this.engine = engine;
    this.options = options;
    this.joinedMs = joinedMs;
    this.uplinkBytesPerSecond = options.uplinkBytesPerSecond ?? 1_250_000;
  }
}
