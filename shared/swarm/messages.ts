import { unreachable } from '../basics/assert.ts';
import { SwarmtubeError } from '../basics/errors.ts';
import type { PeerId } from '../basics/units.ts';
import type { ControlMessage, WireMessage } from '../wire/wire-message.ts';
import type { Availability } from './availability.ts';
import type { Children } from './children.ts';
import { type EngineContext, sendControl } from './engine-context.ts';
import type { LinkChannel } from './engine-types.ts';
import type { EpochWatch } from './epoch-watch.ts';
import type { Intake } from './intake.ts';
import type { Introductions } from './introductions.ts';
import type { Link } from './link.ts';
import type { Parents } from './parents.ts';
import type { Repair } from './repair.ts';
import type { Sessions } from './sessions.ts';
import type { WantedPackets } from './wanted.ts';

type Parts = {
  readonly context: EngineContext;
  readonly wanted: WantedPackets;
  readonly parents: Parents;
  readonly children: Children;
  readonly repair: Repair;
  readonly sessions: Sessions;
  readonly epochs: EpochWatch;
  readonly introductions: Introductions;
  readonly availability: Availability;
  readonly intake: Intake;
};

/** What neighbours say: decoded, bounded, and handed to whom it concerns. */
export class Messages {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** The one place where a peer's bad data is caught: it costs the peer its link, and a ban. */
  received(peer: PeerId, channel: LinkChannel, bytes: Uint8Array): void {
    const { context } = this.parts;
    const link = context.links.get(peer);
    if (link === undefined) return;
    link.lastHeardMs = context.nowMs;
    if (channel === 'control' && !this.parts.sessions.admitControl(link)) return;
    let message: WireMessage;
    try {
      message = context.codec.decode(bytes, channel);
    } catch (thrown) {
      if (!(thrown instanceof SwarmtubeError)) throw thrown;
      context.statistics.packetsRejected += channel === 'data' ? 1 : 0;
      this.parts.sessions.ban(peer, `it sent what is no message: ${thrown.message}`);
      return;
    }
    if (message.type === 'push' || message.type === 'repair')
      this.parts.intake.fromPeer(link, message, bytes.byteLength);
    else this.takeControl(link, message);
  }

  private takeControl(link: Link, message: ControlMessage): void {
    const { context } = this.parts;
    // Nothing counts before HELLO; who never says it is hung up on (sessions.ts).
    if (link.node === undefined && message.type !== 'hello' && message.type !== 'bye') return;
    switch (message.type) {
      case 'hello':
        if (this.parts.sessions.greeted(link, message)) this.parts.epochs.seen(message.epoch);
        return;
      case 'have':
        this.parts.epochs.seen(message.epoch);
        if (!this.parts.availability.received(link, message) || context.role === 'seeder') return;
        this.learnExistence(link);
        this.parts.parents.haveReceived(link);
        return;
      case 'subscribe':
        this.parts.children.subscribed(link, message);
        return;
      case 'unsubscribe':
        this.parts.children.unsubscribed(link, message.substream);
        return;
      case 'accept':
        this.parts.parents.accepted(link, message);
        return;
      case 'refuse':
        this.parts.parents.refused(link, message);
        return;
      case 'evict':
        this.parts.parents.evicted(link, message);
        return;
      case 'path':
        this.parts.parents.pathChanged(link, message);
        return;
      case 'request':
        this.parts.repair.requested(link, message);
        return;
      case 'missing':
        if (message.epoch === context.epoch) this.parts.repair.missing(link, message.sequence);
        return;
      case 'ping':
        sendControl(context, link, { type: 'pong', token: message.token });
        return;
      case 'pong':
        this.parts.sessions.pong(link, message.token);
        return;
      case 'bye':
        this.parts.introductions.refusedBy(link.peer);
        context.outputs.push({ type: 'disconnect', peer: link.peer, reason: `it said goodbye: ${message.reason}` });
        this.parts.sessions.closed(link);
        return;
      default:
        unreachable(message);
    }
  }

  /** A map shows packets that we have not heard of: they are missing here, as far as they can exist at all by now. */
  private learnExistence(link: Link): void {
    const { context } = this.parts;
    const claimed = link.map?.newest ?? -1;
    if (context.ring.newest < 0) return;
    const plausible = context.clock.newestPlausible(context.nowMs);
    if (claimed > this.parts.wanted.newestKnown) this.parts.wanted.extend(Math.min(claimed, plausible));
  }
}
