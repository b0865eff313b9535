import type { EngineContext } from './engine-context.ts';
import type { ServerStream } from './server-stream.ts';
import { parentOf, type Substream } from './substream.ts';

const NO_PATH: readonly number[] = [];

type Below = { readonly above: readonly number[]; readonly path: readonly number[] };

/** What a child would get from us, as neighbours and tracker are told. */
export class FeedReport {
  private readonly context: EngineContext;
  private readonly serverStream: ServerStream;
  /** By sub-stream, made once for each path above: looked at with almost every input, and seldom another. */
  private readonly below: Below[] = [];

  constructor(context: EngineContext, serverStream: ServerStream) {
    this.context = context;
    this.serverStream = serverStream;
  }

  /** Capture to arrival here; undefined: no feed, also where the next packet is overdue (docs/ALGORITHM.md 5). */
  lagMs(substream: Substream): number | undefined {
    const { role, nowMs, config } = this.context;
    if (role === 'seeder') return 0;
    const isPushed = parentOf(substream)?.hasPushed === true;
    const leasedSinceMs = this.serverStream.leasedSinceMs(substream.index);
    if (leasedSinceMs !== undefined && this.serverStream.isBringing(substream.index, nowMs)) {
      const isSettled = nowMs - leasedSinceMs >= config.leaseFeedsAfterMs;
      return isSettled || isPushed ? (substream.lagMs ?? 0) : undefined;
    }
    return substream.isOverdue || !isPushed ? undefined : substream.lagMs;
  }

  /** Nothing brings it: what children know of their way is the last there was. */
  isUnfed(substream: Substream): boolean {
    const isSource = this.context.role === 'seeder' || this.serverStream.isLeased(substream.index);
    return !isSource && parentOf(substream) === undefined;
  }

  /** Peers between the source and a child of ours, ourselves last. */
  pathBelow(substream: Substream): readonly number[] {
    const { below, context, serverStream } = this;
    const above = serverStream.isLeased(substream.index) ? NO_PATH : (parentOf(substream)?.path ?? NO_PATH);
    let known = below[substream.index];
    if (known?.above !== above) {
      known = { above, path: [...above, context.node] };
      below[substream.index] = known;
    }
    return known.path;
  }
}
