import { WALL_MS } from '../../../shared/simulator/broadcast.ts';
import type { SimulatedPeer } from '../../../shared/simulator/simulated-peer.ts';
import { Simulation } from '../../../shared/simulator/simulation.ts';
import type { EngineOutput } from '../../../shared/swarm/engine-types.ts';

/** What can be seen of a viewer from within a page as well. */
export type SeenViewer = {
  bytesFromPeers: number;
  bytesFromServer: number;
  bytesToPeers: number;
  /** Capture to arrival of what came from peers. */
  readonly arrivalsMs: number[];
};

/** A simulation that also tells of single viewers what the bench can see of real ones, once the warm-up is over. */
export class WatchedSimulation extends Simulation {
  private readonly seenByNumber = new Map<number, SeenViewer>();

  override perform(peer: SimulatedPeer, output: EngineOutput): void {
    super.perform(peer, output);
    if (this.nowMs < this.options.warmUpMs) return;
    const seen = this.seen(peer.plan.number);
    if (output.type === 'send' && output.channel === 'data') seen.bytesToPeers += output.bytes.byteLength;
    if (output.type !== 'deliver') return;
    const { header, bytes } = output.packet;
    if (output.from === 'server') seen.bytesFromServer += bytes.byteLength;
    else {
      seen.bytesFromPeers += bytes.byteLength;
      seen.arrivalsMs.push(this.nowMs + WALL_MS - header.captureMs);
    }
  }

  seen(number: number): SeenViewer {
    const known = this.seenByNumber.get(number);
    if (known !== undefined) return known;
    const made = { bytesFromPeers: 0, bytesFromServer: 0, bytesToPeers: 0, arrivalsMs: [] };
    this.seenByNumber.set(number, made);
    return made;
  }
}
