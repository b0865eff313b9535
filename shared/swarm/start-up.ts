import type { Sequence } from '../basics/units.ts';
import type { EngineContext } from './engine-context.ts';
import type { Rescue } from './rescue.ts';
import type { ServerStream } from './server-stream.ts';
import type { WantedPackets } from './wanted.ts';

/**
 * The first seconds of an epoch. The keyframe is fetched packet by packet, so the first picture waits for nobody; what follows it up
 * to now is brought by parents as backlog, or fetched just before playback needs it. Where that would be most of it
 * anyway, or there is no swarm, the server stream brings everything (docs/ALGORITHM.md 7).
 */
export class StartUp {
  private readonly context: EngineContext;
  private readonly wanted: WantedPackets;
  private readonly serverStream: ServerStream;
  private readonly rescue: Rescue;
  /** The last packet of the keyframe, as far as is known; undefined: the keyframe is here, or nobody fetched it. */
  private keyframeEnd: number | undefined;
  /** Packets in the next round. */
  private round = 0;

  constructor(context: EngineContext, wanted: WantedPackets, serverStream: ServerStream, rescue: Rescue) {
    this.context = context;
    this.wanted = wanted;
    this.serverStream = serverStream;
    this.rescue = rescue;
  }

  begin(newestSequence: Sequence | undefined): void {
    const { context } = this;
    this.keyframeEnd = undefined;
    this.round = context.config.startPackets;
    context.joinedSequence = newestSequence ?? -1;
    const backlog = newestSequence === undefined ? undefined : newestSequence - context.startSequence + 1;
    if (!context.isSwarmEnabled || backlog === undefined || backlog <= 0 || backlog > context.config.startBacklogMax) {
      this.serverStream.leaseAll();
      return;
    }
    this.wanted.extend(context.joinedSequence);
    this.fetchFrom(context.startSequence);
  }

  /** A keyframe may be longer than was guessed: the last packet fetched tells, whoever brought it. */
  arrived(): void {
    for (;;) {
      const last = this.keyframeEnd === undefined ? undefined : this.context.ring.get(this.keyframeEnd);
      if (last === undefined) return;
      this.keyframeEnd = undefined;
      if (last.header.isUnfinished) this.fetchFrom(last.header.sequence + 1);
    }
  }

  /** Each round twice as many as the one before: a long keyframe must not wait for a round trip every few packets. */
  private fetchFrom(from: number): void {
    const last = Math.min(from + this.round - 1, this.context.joinedSequence);
    this.round *= 2;
    if (last < from) return;
    this.keyframeEnd = last;
    this.rescue.take(from, last);
  }
}
