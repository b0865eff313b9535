// A small world for swarm engines: links with delay, bandwidth and loss, a server over HTTP, a tracker, a broadcast; all driven
// from one queue of events, so that a seed gives the same run on every machine. Seed of the simulator.
import { Random } from '../../shared/basics/random.ts';
import type { Epoch, Millis, PeerId, Sequence, WallMillis } from '../../shared/basics/units.ts';
import { encodeBase64Url } from '../../shared/bytes/base64url.ts';
import type { Packet } from '../../shared/packets/packet.ts';
import { SwarmEngine } from '../../shared/swarm/engine.ts';
import { type EngineConfig, parseEngineConfig } from '../../shared/swarm/engine-config.ts';
import type { EngineInput, EngineOutput, FetchReason, LinkChannel } from '../../shared/swarm/engine-types.ts';
import type { PeerRole } from '../../shared/wire/tracker-messages.ts';
import { EventQueue } from './event-queue.ts';
import { NetworkNode, type NodeOptions, type Wire } from './network-node.ts';
import { testPacket } from './packets.ts';

export type NetworkOptions = {
  readonly seed: number;
  readonly bitrate?: number;
  readonly packetsPerSecond?: number;
  /** Every so many packets one that playback can start at. */
  readonly doorInterval?: number;
  readonly oneWayMs?: number;
  readonly jitterMs?: number;
  /** Share of messages that come one or two round trips late: a lost datagram on a reliable channel. */
  readonly loss?: number;
  readonly httpMs?: number;
  readonly targetLatencyMs?: number;
  readonly config?: Partial<EngineConfig>;
  readonly introductions?: number;
};

/** The seeder's wall clock at the network's moment 0. */
export const NETWORK_WALL_MS = 1_700_000_000_000;
const SUBSTREAMS = 8;
const CONNECT_MS = 300;
const TRACKER_MS = 40;
const VERIFY_MS = 1;
const OVERHEAD_BYTES = 60;
const HTTP_BYTES_PER_MS = 4000;

export class EngineNetwork {
  readonly options: Required<Omit<NetworkOptions, 'config'>> & { readonly config: Partial<EngineConfig> };
  readonly nodes: NetworkNode[] = [];
  readonly packets = new Map<number, Packet>();
  nowMs = 0;
  epoch = 0x1234 as Epoch;
  newest = -1;
  newestDoor = 0;
  isTrackerUp = true;
  isServerUp = true;
  isShort = false;
  isSourceRunning = true;
  streamBytes = 0;
  private hash = 0x811c9dc5;
  private readonly queue = new EventQueue();
  private readonly random: Random;
  private readonly byPeer = new Map<PeerId, NetworkNode>();
  /** Everything that was ever broadcast, by epoch and sequence: what is not in it was forged. */
  private readonly truth = new Map<string, Packet>();
  private arePeersBlocked = false;

  constructor(options: NetworkOptions) {
    this.options = {
      bitrate: 500_000,
      packetsPerSecond: 19,
      doorInterval: 38,
      oneWayMs: 20,
      jitterMs: 5,
      loss: 0,
      httpMs: 30,
      targetLatencyMs: 2000,
      introductions: 12,
      config: {},
      ...options,
    };
    this.random = new Random(options.seed);
    this.after(0, () => this.produce());
  }

  /** Every output of every engine so far, in one number. */
  get traceHash(): number {
    return this.hash >>> 0;
  }

  get seeder(): NetworkNode {
    return this.nodes.find((node) => node.role === 'seeder' && node.isAlive) as NetworkNode;
  }

  get viewers(): NetworkNode[] {
    return this.nodes.filter((node) => node.role === 'viewer' && node.isAlive);
  }

  node(peer: PeerId | undefined): NetworkNode | undefined {
    return peer === undefined ? undefined : this.byPeer.get(peer);
  }

  addSeeder(options: NodeOptions = {}): NetworkNode {
    return this.add('seeder', { uplinkBytesPerSecond: 12_500_000, uploadLimit: 12_500_000, ...options });
  }

  addViewer(options: NodeOptions = {}): NetworkNode {
    return this.add('viewer', options);
  }

  addViewers(count: number, everyMs: number, options: NodeOptions = {}): void {
    for (let index = 0; index < count; index++) this.after(index * everyMs, () => this.addViewer(options));
  }

  after(delayMs: number, run: () => void): void {
    this.queue.add(this.nowMs + delayMs, run);
  }

  /** Gone without a word: links fall silent, and close when the transport notices. */
  kill(node: NetworkNode, noticedAfterMs = 5000): void {
    node.isAlive = false;
    this.after(noticedAfterMs, () => {
      for (const peer of [...node.wires.keys()]) this.cut(node, this.byPeer.get(peer) as NetworkNode);
    });
  }

  cut(one: NetworkNode, other: NetworkNode): void {
    one.wires.delete(other.peer);
    other.wires.delete(one.peer);
    this.feed(one, { type: 'link-closed', peer: other.peer, reason: 'cut' });
    this.feed(other, { type: 'link-closed', peer: one.peer, reason: 'cut' });
  }

  /** Nothing passes between peers any more, and nobody is told: as when a firewall closes. */
  blockPeers(): void {
    this.arePeersBlocked = true;
  }

  run(untilMs: number): void {
    for (;;) {
      const nextMs = this.queue.nextAtMs;
      if (nextMs === undefined || nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      this.queue.take()?.();
    }
    this.nowMs = untilMs;
  }

  /** Another epoch, as after a restart of the seeder without its log. */
  changeEpoch(epoch: Epoch): void {
    this.epoch = epoch;
    this.packets.clear();
    this.newest = -1;
    this.newestDoor = 0;
    for (const node of this.nodes) node.delivered.clear();
  }

  feed(node: NetworkNode, input: EngineInput): void {
    if (!node.isAlive || node.isFrozen) return;
    const outputs = node.engine.handle(input, this.nowMs as Millis);
    const sentTo = new Set<PeerId>();
    for (const original of outputs) {
      const output = node.options.tamper === undefined ? original : node.options.tamper(original);
      if (output === undefined) continue;
      this.trace(node, output);
      this.perform(node, output);
      if (output.type === 'send') sentTo.add(output.peer);
    }
    for (const peer of sentTo) this.reportBuffer(node, peer);
    this.scheduleWakeup(node);
  }

  /** In place of a signature: byte for byte what was broadcast. */
  isGenuine(packet: Packet): boolean {
    const broadcast = this.truth.get(`${packet.header.epoch} ${packet.header.sequence}`);
    return broadcast !== undefined && Buffer.compare(broadcast.bytes, packet.bytes) === 0;
  }

  // --- The broadcast ---------------------------------------------------------------------------------------------------------

  private produce(): void {
    const { packetsPerSecond, bitrate, doorInterval } = this.options;
    this.after(1000 / packetsPerSecond, () => this.produce());
    if (!this.isSourceRunning) return;
    this.newest++;
    const isDoor = this.newest % doorInterval === 0;
    const payloadBytes = Math.min(16_000, Math.round((bitrate / 8 / packetsPerSecond) * (isDoor ? 2.5 : 0.96)));
    const captureMs = (NETWORK_WALL_MS + Math.round(this.nowMs)) as WallMillis;
    const packet = testPacket(this.newest, { epoch: this.epoch, captureMs, isDoor }, payloadBytes);
    this.packets.set(this.newest, packet);
    this.truth.set(`${this.epoch} ${this.newest}`, packet);
    this.streamBytes += packet.bytes.byteLength;
    if (isDoor) this.newestDoor = this.newest;
    for (const node of this.nodes) {
      if (node.role === 'seeder') this.feed(node, { type: 'packet-produced', packet });
      else this.streamTo(node, packet);
    }
  }

  // --- Nodes -----------------------------------------------------------------------------------------------------------------

  private add(role: PeerRole, options: NodeOptions): NetworkNode {
    const index = this.nodes.length;
    const bytes = Uint8Array.from({ length: 12 }, () => this.random.below(256));
    bytes[0] = index;
    const peer = encodeBase64Url(bytes) as PeerId;
    const config = parseEngineConfig({ ...this.options.config, ...options.config });
    const engine = new SwarmEngine({ role, seed: this.random.nextUint32(), config });
    const node = new NetworkNode(peer, role, engine, options, this.nowMs);
    this.nodes.push(node);
    this.byPeer.set(peer, node);
    this.feed(node, { type: 'clock', offsetMs: NETWORK_WALL_MS + (options.clockErrorMs ?? 0) });
    const limit = options.uploadLimit ?? node.uplinkBytesPerSecond;
    this.feed(node, { type: 'upload-limit', bytesPerSecond: limit });
    if (role === 'viewer') this.startViewer(node);
    this.after(TRACKER_MS, () => this.joinTracker(node));
    return node;
  }

  /** Reads the channel description: the epoch, and the door to start at. */
  startViewer(node: NetworkNode): void {
    this.after(this.options.httpMs, () => {
      node.startSequence = this.newestDoor;
      const { targetLatencyMs } = this.options;
      this.feed(node, { type: 'epoch', epoch: this.epoch, startSequence: this.newestDoor as Sequence });
      this.feed(node, { type: 'playback', targetLatencyMs, nextSequence: this.newestDoor as Sequence });
      this.tickPlayback(node);
    });
  }

  private tickPlayback(node: NetworkNode): void {
    const { targetLatencyMs, packetsPerSecond } = this.options;
    if (!node.isAlive) return;
    const behind = Math.ceil((targetLatencyMs / 1000) * packetsPerSecond);
    const nextSequence = Math.max(node.startSequence, this.newest - behind) as Sequence;
    this.feed(node, { type: 'playback', targetLatencyMs, nextSequence });
    this.after(1000, () => this.tickPlayback(node));
  }

  private scheduleWakeup(node: NetworkNode): void {
    const wantedMs = node.engine.nextWakeup();
    if (wantedMs === undefined || (node.wakeupAtMs !== undefined && node.wakeupAtMs <= wantedMs)) return;
    const atMs = Math.max(wantedMs, this.nowMs + (node.options.wakeupDelayMs ?? 0), this.nowMs);
    node.wakeupAtMs = atMs;
    this.queue.add(atMs, () => {
      if (node.wakeupAtMs !== atMs) return;
      node.wakeupAtMs = undefined;
      for (const [peer, wire] of node.wires) if (wire.reportedBytes > 0) this.reportBuffer(node, peer);
      this.feed(node, { type: 'wakeup' });
    });
  }

  private perform(node: NetworkNode, output: EngineOutput): void {
    switch (output.type) {
      case 'send':
        this.send(node, output.peer, output.channel, output.bytes);
        break;
      case 'connect':
        this.connect(node, output.peer, output.offers);
        break;
      case 'disconnect': {
        node.disconnects.push(output.reason);
        const other = this.byPeer.get(output.peer);
        if (other === undefined || !node.wires.delete(node === other ? node.peer : output.peer)) break;
        this.after(this.options.oneWayMs, () => {
          if (other.wires.delete(node.peer)) {
            this.feed(other, { type: 'link-closed', peer: node.peer, reason: 'closed by the other side' });
          }
        });
        break;
      }
      case 'verify': {
        const { ticket, packet } = output;
        this.after(VERIFY_MS, () => this.feed(node, { type: 'verified', ticket, isValid: this.isGenuine(packet) }));
        break;
      }
      case 'deliver':
        if (!this.isGenuine(output.packet)) node.deliveredForged.push(output.packet.header.sequence);
        if (output.packet.header.epoch === this.epoch) node.delivered.set(output.packet.header.sequence, this.nowMs);
        break;
      case 'fetch':
        for (const sequence of output.sequences) this.fetch(node, output.reason, output.epoch, sequence);
        break;
      case 'server-stream':
        this.keepStream(node, output.substreams, output.from);
        break;
      case 'ask-tracker':
        if (this.isTrackerUp) this.after(TRACKER_MS, () => this.introduce(node, 2));
        break;
      case 'banned':
        node.banned.push(output.peer);
        break;
      case 'epoch-unknown':
        node.epochsUnknown.push(output.epoch);
        if (output.epoch === this.epoch) this.startViewer(node);
        break;
      case 'report':
        break;
    }
  }

  // --- Links -----------------------------------------------------------------------------------------------------------------

  private connect(node: NetworkNode, peer: PeerId, offers: boolean): void {
    const other = this.byPeer.get(peer);
    if (!offers || other === undefined) return;
    this.after(CONNECT_MS * this.random.between(0.7, 1.3), () => {
      if (!node.isAlive || !other.isAlive || this.arePeersBlocked) return;
      if (node.wires.has(peer)) return;
      node.wires.set(peer, { bufferedBytes: 0, reportedBytes: 0, lastControlMs: 0 });
      other.wires.set(node.peer, { bufferedBytes: 0, reportedBytes: 0, lastControlMs: 0 });
      const rttMs = 2 * this.options.oneWayMs;
      this.feed(node, { type: 'link-opened', peer, role: other.role, rttMs });
      this.feed(other, { type: 'link-opened', peer: node.peer, role: node.role, rttMs });
    });
  }

  private send(node: NetworkNode, peer: PeerId, channel: LinkChannel, bytes: Uint8Array): void {
    const wire = node.wires.get(peer);
    const other = this.byPeer.get(peer);
    if (wire === undefined || other === undefined) return;
    if (channel === 'data') node.pushedBytes += bytes.byteLength;
    const size = bytes.byteLength + OVERHEAD_BYTES;
    node.lineFreeMs = Math.max(node.lineFreeMs, this.nowMs) + (size * 1000) / node.uplinkBytesPerSecond;
    wire.bufferedBytes += bytes.byteLength;
    const leavesMs = node.lineFreeMs;
    this.queue.add(leavesMs, () => this.left(node, peer, wire, bytes.byteLength));
    let arrivesMs = leavesMs + this.options.oneWayMs + this.random.between(0, this.options.jitterMs);
    if (this.random.fraction() < this.options.loss) arrivesMs += this.options.oneWayMs * this.random.between(2, 4);
    if (channel === 'control') {
      arrivesMs = Math.max(arrivesMs, wire.lastControlMs);
      wire.lastControlMs = arrivesMs;
    }
    // Not copied, unlike in a real transport: no engine ever writes into a message.
    this.queue.add(arrivesMs, () => {
      if (node.wires.get(peer) !== wire || !other.wires.has(node.peer) || this.arePeersBlocked) return;
      this.feed(other, { type: 'message', peer: node.peer, channel, bytes });
    });
  }

  private left(node: NetworkNode, peer: PeerId, wire: Wire, bytes: number): void {
    const before = wire.bufferedBytes;
    wire.bufferedBytes -= bytes;
    const low = 16 * 1024;
    if (before > low && wire.bufferedBytes <= low) this.reportBuffer(node, peer);
  }

  private reportBuffer(node: NetworkNode, peer: PeerId): void {
    const wire = node.wires.get(peer);
    if (wire === undefined) return;
    wire.reportedBytes = wire.bufferedBytes;
    this.feed(node, { type: 'link-buffers', links: [{ peer, bufferedBytes: wire.bufferedBytes }] });
  }

  // --- Server ----------------------------------------------------------------------------------------------------------------

  private fetch(node: NetworkNode, reason: FetchReason, epoch: Epoch, sequence: Sequence): void {
    this.after(this.options.httpMs * 2 + this.random.between(0, 60), () => {
      const packet = epoch === this.epoch && this.isServerUp ? this.packets.get(sequence) : undefined;
      if (packet === undefined) {
        this.feed(node, { type: 'fetch-failed', epoch, sequence });
        return;
      }
      node.serverBytes[reason] += packet.bytes.byteLength;
      this.feed(node, { type: 'packet-from-server', packet, via: reason });
    });
  }

  private keepStream(node: NetworkNode, substreams: readonly number[], from: number): void {
    const generation = ++node.streamGeneration;
    node.stream = undefined;
    if (substreams.length === 0) return;
    node.streamRequests++;
    this.after(this.options.httpMs, () => {
      if (node.streamGeneration !== generation || !node.isAlive) return;
      if (!this.isServerUp) {
        this.feed(node, { type: 'server-stream-closed', reason: 'server down' });
        return;
      }
      node.stream = { substreams, from, generation };
      let bytes = 0;
      for (let sequence = from; sequence <= this.newest; sequence++) {
        const packet = this.packets.get(sequence);
        if (packet === undefined || !substreams.includes(sequence % SUBSTREAMS)) continue;
        bytes += packet.bytes.byteLength;
        this.deliverStream(node, packet, generation, this.options.httpMs + bytes / HTTP_BYTES_PER_MS);
      }
    });
  }

  private streamTo(node: NetworkNode, packet: Packet): void {
    const { stream } = node;
    if (stream === undefined || !node.isAlive || !this.isServerUp) return;
    const { sequence } = packet.header;
    if (sequence < stream.from || !stream.substreams.includes(sequence % SUBSTREAMS)) return;
    this.deliverStream(node, packet, stream.generation, this.options.httpMs);
  }

  private deliverStream(node: NetworkNode, packet: Packet, generation: number, delayMs: number): void {
    node.serverBytes.stream += packet.bytes.byteLength;
    this.after(delayMs, () => {
      if (node.streamGeneration !== generation) return;
      this.feed(node, { type: 'packet-from-server', packet, via: 'stream' });
    });
  }

  // --- Tracker ---------------------------------------------------------------------------------------------------------------

  private joinTracker(node: NetworkNode): void {
    if (!this.isTrackerUp || !node.isAlive) return;
    this.feed(node, { type: 'tracker-state', isConnected: true });
    for (const every of this.nodes) {
      this.feed(every, { type: 'swarm-state', state: { isShort: this.isShort, viewers: this.viewers.length } });
    }
    if (node.role === 'viewer') this.introduce(node, this.options.introductions);
  }

  private introduce(node: NetworkNode, count: number): void {
    if (!node.isAlive) return;
    const others = this.nodes.filter(
      (other) => other !== node && other.isAlive && !node.wires.has(other.peer) && other.joinedMs <= this.nowMs,
    );
    const seeders = others.filter((other) => other.role === 'seeder');
    const viewers = others.filter((other) => other.role === 'viewer');
    for (let at = viewers.length - 1; at > 0; at--) {
      const swap = this.random.below(at + 1);
      [viewers[at], viewers[swap]] = [viewers[swap] as NetworkNode, viewers[at] as NetworkNode];
    }
    for (const other of [...seeders, ...viewers].slice(0, count)) {
      this.feed(other, { type: 'introduced', peers: [{ peer: node.peer, role: node.role, offers: false }] });
      this.feed(node, { type: 'introduced', peers: [{ peer: other.peer, role: other.role, offers: true }] });
    }
  }

  loseTracker(): void {
    this.isTrackerUp = false;
    for (const node of this.nodes) this.feed(node, { type: 'tracker-state', isConnected: false });
  }

  private trace(node: NetworkNode, output: EngineOutput): void {
    const size = output.type === 'send' ? output.bytes.byteLength : 0;
    const peer = 'peer' in output ? output.peer : '';
    const line = `${node.peer} ${output.type} ${peer}`;
    let { hash } = this;
    for (let at = 0; at < line.length; at++) hash = Math.imul(hash ^ line.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ size, 0x01000193);
    this.hash = Math.imul(hash ^ Math.round(this.nowMs * 1000), 0x01000193);
  }
}
