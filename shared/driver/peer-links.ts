import type { Millis, PeerId } from '../basics/units.ts';
import type { EngineInput, LinkChannel } from '../swarm/engine-types.ts';
import type { IceServer, Introduction, PeerRole, SignalEnvelope, SignalMessage } from '../wire/tracker-messages.ts';
import type { PeerConnection, PeerConnector } from './ports.ts';

/** Introductions that are remembered: twice the links of a seeder. The oldest goes first. */
const INTRODUCTIONS_MAX = 256;
/** A description and its candidates, from a peer that was quicker than our own engine. */
const HELD_SIGNALS_MAX = 24;
/** An offer older than this has been given up by the one who made it. */
const HELD_SIGNALS_AGE_MAX_MS = 10_000;

export type PeerLinksOptions = {
  readonly connector: PeerConnector;
  readonly nowMs: () => Millis;
  readonly feed: (input: EngineInput) => void;
  readonly sendSignal: (envelope: SignalEnvelope) => void;
};

type Link = { readonly connection: PeerConnection; isOpen: boolean; reportedBytes: number };

type Acquaintance = { readonly role: PeerRole; readonly held: SignalMessage[]; heldSinceMs: Millis };

/** The connections of one engine by peer: carries what it orders to them, and what happens to them back to it. */
export class PeerLinks {
  iceServers: readonly IceServer[] = [];
  private readonly options: PeerLinksOptions;
  private readonly links = new Map<PeerId, Link>();
  private readonly acquaintances = new Map<PeerId, Acquaintance>();
  /** Sent to since the engine was last told how much waits there. */
  private readonly unreported = new Set<PeerId>();

  constructor(options: PeerLinksOptions) {
    this.options = options;
  }

  introduce(introductions: readonly Introduction[]): void {
    for (const { peerId, role } of introductions) {
      const held = this.acquaintances.get(peerId);
      this.acquaintances.delete(peerId);
      this.acquaintances.set(peerId, held ?? { role, held: [], heldSinceMs: this.options.nowMs() });
    }
    for (const oldest of this.acquaintances.keys()) {
      if (this.acquaintances.size <= INTRODUCTIONS_MAX) break;
      this.acquaintances.delete(oldest);
    }
  }

  connect(peer: PeerId, offers: boolean): void {
    this.disconnect(peer);
    const acquaintance = this.acquaintances.get(peer);
    const { connector, feed, sendSignal } = this.options;
    const connection = connector.connect(peer, offers, this.iceServers, {
      onSignal: (signal) => sendSignal({ peerId: peer, signal }),
      onOpen: (rttMs) => {
        link.isOpen = true;
        feed({ type: 'link-opened', peer, role: acquaintance?.role ?? 'viewer', rttMs });
      },
      onMessage: (channel, bytes) => feed({ type: 'message', peer, channel, bytes }),
      onDrained: () => this.report([[peer, link]]),
      onClosed: (reason) => this.lose(peer, link, reason),
    });
    const link: Link = { connection, isOpen: false, reportedBytes: 0 };
    this.links.set(peer, link);
    for (const signal of this.takeHeld(acquaintance)) connection.signal(signal);
  }

  /** Ends the link without telling the engine, which ordered it. */
  disconnect(peer: PeerId): void {
    const link = this.links.get(peer);
    this.forget(peer);
    link?.connection.close();
  }

  send(peer: PeerId, channel: LinkChannel, bytes: Uint8Array): void {
    const link = this.links.get(peer);
    if (link === undefined) return;
    if (!link.connection.send(channel, bytes)) {
      // Closed under us, or a megabyte behind. A reliable channel with a message missing is worth nothing to its peer.
      this.drop(peer, link, 'send-refused');
    } else if (channel === 'data') {
      this.unreported.add(peer);
    }
  }

  /** Tells the engine how much waits at each peer that was sent packets. */
  reportBuffers(): void {
    const touched: [PeerId, Link][] = [];
    for (const peer of this.unreported) {
      const link = this.links.get(peer);
      if (link !== undefined) touched.push([peer, link]);
    }
    this.unreported.clear();
    this.report(touched);
  }

  /** Tells again where something waited: transports call back at their low-water mark only, and the engine measures by the rest.
   *  True: there was something to tell. */
  reportWaiting(): boolean {
    const waiting = [...this.links].filter(([, link]) => link.reportedBytes > 0);
    this.report(waiting);
    return waiting.length > 0;
  }

  private report(links: readonly (readonly [PeerId, Link])[]): void {
    if (links.length === 0) return;
    for (const [, link] of links) link.reportedBytes = link.connection.bufferedBytes();
    const report = links.map(([peer, link]) => ({ peer, bufferedBytes: link.reportedBytes }));
    this.options.feed({ type: 'link-buffers', links: report });
  }

  /** A signal that comes before our engine decided to connect waits for that, for a while. */
  takeSignal({ peerId, signal }: SignalEnvelope): void {
    const link = this.links.get(peerId);
    if (link !== undefined) {
      link.connection.signal(signal);
      return;
    }
    const acquaintance = this.acquaintances.get(peerId);
    if (acquaintance === undefined || acquaintance.held.length >= HELD_SIGNALS_MAX) return;
    if (acquaintance.held.length === 0) acquaintance.heldSinceMs = this.options.nowMs();
    acquaintance.held.push(signal);
  }

  /** The tracker cannot reach this peer any more: an open link does not need it, one that is being made does. */
  gone(peer: PeerId): void {
    const link = this.links.get(peer);
    if (link === undefined) this.acquaintances.delete(peer);
    else if (!link.isOpen) this.drop(peer, link, 'gone');
  }

  closeAll(): void {
    for (const peer of [...this.links.keys()]) this.disconnect(peer);
    this.acquaintances.clear();
  }

  private drop(peer: PeerId, link: Link, reason: string): void {
    this.lose(peer, link, reason);
    link.connection.close();
  }

  private lose(peer: PeerId, link: Link, reason: string): void {
    if (this.links.get(peer) !== link) return;
    this.forget(peer);
    this.options.feed({ type: 'link-closed', peer, reason });
  }

  private forget(peer: PeerId): void {
    this.links.delete(peer);
    this.unreported.delete(peer);
  }

  private takeHeld(acquaintance: Acquaintance | undefined): readonly SignalMessage[] {
    const held = acquaintance?.held.splice(0) ?? [];
    const ageMs = this.options.nowMs() - (acquaintance?.heldSinceMs ?? 0);
    return ageMs <= HELD_SIGNALS_AGE_MAX_MS ? held : [];
  }
}
