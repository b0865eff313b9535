import type { EngineContext } from './engine-context.ts';
import type { ServerStream } from './server-stream.ts';
import { parentOf, type Substream } from './substream.ts';

/** Links need so long to open: before it, having no parent says nothing. */
const FIRST_LEASE_MS = 1300;
const LOOK_MS = 250;

/** Upload is short, and nobody feeds it: its packets are asked of neighbours as soon as their maps show them. */
export function isPulled({ swarm }: EngineContext, { feed }: Substream): boolean {
  return swarm.isShort && feed.kind === 'idle';
}

/** When the server takes over a sub-stream that the swarm does not feed (docs/ALGORITHM.md 7). Never by reflex. */
export class Leases {
  private readonly context: EngineContext;
  private readonly serverStream: ServerStream;

  constructor(context: EngineContext, serverStream: ServerStream) {
    this.context = context;
    this.serverStream = serverStream;
  }

  consider(substream: Substream): void {
    const { config, nowMs, timers, endSequence } = this.context;
    const { feed } = substream;
    if (this.serverStream.isLeased(substream.index) || endSequence !== undefined) return;
    const isUnfed = !isFed(substream);
    if (!isUnfed && !substream.isOverdue) return;
    if (this.isPulling(substream)) return;
    const unfedMs = 'sinceMs' in feed ? nowMs - feed.sinceMs : 0;
    const isDue =
      substream.rescuesInRow >= config.rescuesBeforeLease || unfedMs >= config.patienceMs || this.isShortFor(unfedMs);
    if (isDue) this.serverStream.lease(substream.index);
    else timers.setSooner('search', nowMs + LOOK_MS);
  }

  /** Who feeds nobody of it can wait for packets until shortly before they are due. */
  private isPulling(substream: Substream): boolean {
    const { context, serverStream } = this;
    if (!context.swarm.isShort || isFed(substream) || substream.children.length > 0) return false;
    const pulled = context.substreams.filter(
      (other) => !isFed(other) && other.children.length === 0 && !serverStream.isLeased(other.index),
    );
    return (
      pulled.length <= context.config.pulledSubstreamsMax &&
      context.links.list.some(({ role, map }) => role === 'viewer' && map !== undefined)
    );
  }

  /** While the whole swarm lacks upload somebody has to go without: waiting for the rescues would only cost stalls. */
  private isShortFor(unfedMs: number): boolean {
    const { config, nowMs, swarm, startedMs } = this.context;
    return swarm.isShort && unfedMs >= config.shortLeaseMs && nowMs - startedMs >= FIRST_LEASE_MS;
  }
}

function isFed(substream: Substream): boolean {
  return parentOf(substream) !== undefined;
}
