import type { Millis, Sequence } from '../basics/units.ts';
import type { Broadcast } from './broadcast.ts';
import type { EventQueue } from './event-queue.ts';
import type { Invariants } from './invariants.ts';
import type { Measures } from './measures.ts';
import type { OriginServer } from './origin-server.ts';
import type { SimulatedPeer } from './simulated-peer.ts';
import type { SimulatedPlayback } from './simulated-playback.ts';

export interface SessionWorld {
  readonly queue: EventQueue;
  readonly server: OriginServer;
  readonly broadcast: Broadcast;
  readonly measures: Measures;
  readonly invariants: Invariants;
  readonly wallMs: number;
}

/** The player asks what is broadcast: now and then, when nothing moves any more, and again when there is no answer. */
const REFRESH_MS = 30_000;
const ASKED_MS_MIN = 2000;
const ASK_AGAIN_MS = 1000;

/** One viewer at the channel, as player/channel-session.ts and player/player.ts are: asks the server, and plays. */
export class SimulatedSession {
  private readonly world: SessionWorld;
  private readonly peer: SimulatedPeer;
  private readonly playback: SimulatedPlayback;
  private askedMs = Number.NEGATIVE_INFINITY;
  private isRestartWanted = false;

  constructor(world: SessionWorld, peer: SimulatedPeer, playback: SimulatedPlayback) {
    this.world = world;
    this.peer = peer;
    this.playback = playback;
  }

  /** The channel was described, unless nothing is live: then it is asked again. */
  start(clockErrorMs: number, onBegun: () => void): void {
    const { peer, playback, world } = this;
    if (!peer.isAlive) return;
    if (!this.isLive) {
      world.queue.after(ASK_AGAIN_MS, () => this.start(clockErrorMs, onBegun));
      return;
    }
    peer.setClock(world.wallMs + Math.round(clockErrorMs));
    playback.begin(world.queue.nowMs);
    this.beginEpoch();
    world.queue.after(REFRESH_MS, () => this.refresh());
    onBegun();
    this.play();
  }

  /** It asks the server what is broadcast, and goes on with that, or begins anew in it if it is lost. */
  describe(): void {
    const { peer, world } = this;
    if (this.askedMs + ASKED_MS_MIN > world.queue.nowMs) return;
    this.askedMs = world.queue.nowMs;
    world.queue.after(world.server.answerMs(), () => {
      if (!peer.isAlive || peer.isFrozen || !this.isLive) return;
      const isBehind = this.isRestartWanted && world.broadcast.newest >= peer.firstMissing;
      this.isRestartWanted = false;
      if (peer.epoch !== world.broadcast.epoch) world.invariants.began(peer, world.queue.nowMs);
      else if (!isBehind) return;
      this.beginEpoch();
    });
  }

  private get isLive(): boolean {
    return this.world.server.isAnswering && this.world.broadcast.newest >= 0;
  }

  private beginEpoch(): void {
    const { epoch, newestDoor, newest } = this.world.broadcast;
    this.peer.beginEpoch(epoch, newestDoor as Sequence, newest as Sequence);
  }

  private refresh(): void {
    if (!this.peer.isAlive) return;
    this.describe();
    this.world.queue.after(REFRESH_MS, () => this.refresh());
  }

  /** Again and again: plays, tells the engine where playback is, and asks when nothing moves. */
  private play(): void {
    const { peer, playback, world } = this;
    if (!peer.isAlive) return;
    if (!peer.isFrozen) {
      const { nowMs } = world.queue;
      playback.look(nowMs);
      world.measures.watched(peer, playback, nowMs);
      world.invariants.played(peer, nowMs);
      const wanted = playback.tell(nowMs);
      if (wanted !== undefined) peer.feed({ type: 'playback', ...wanted });
      const help = playback.conductor.progressWatch.help(nowMs as Millis);
      this.isRestartWanted ||= help === 'lost';
      if (help !== 'none') this.describe();
    }
    world.queue.after(playback.lookAgainMs, () => this.play());
  }
}
