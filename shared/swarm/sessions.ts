import type { Millis, PeerId } from '../basics/units.ts';
import type { ByeReason } from '../wire/bye.ts';
import type { Hello } from '../wire/hello.ts';
import { WIRE_PROTOCOL_VERSION } from '../wire/limits.ts';
import type { PeerRole } from '../wire/tracker-messages.ts';
import type { Bans } from './bans.ts';
import { type EngineContext, sendControl } from './engine-context.ts';
import { Link } from './link.ts';
import { isSilent } from './overdue.ts';
import type { OwnLine } from './own-line.ts';
import type { Uplink } from './uplink.ts';

/** A peer of another protocol version will not have changed in less time than a page is reloaded. */
const OTHER_VERSION_BACKOFF_MS = 600_000;

const HELLO_TIMEOUT_MS = 5000;

/** The life of a link: opened, HELLO, pings, silence, farewell. What it is used for is others' concern. */
export class Sessions {
  private readonly context: EngineContext;
  private readonly line: OwnLine;
  private readonly bans: Bans;
  private readonly uplink: Uplink;
  /** Everybody else forgets the link. */
  private readonly onClosed: (link: Link) => void;

  constructor(context: EngineContext, line: OwnLine, bans: Bans, uplink: Uplink, onClosed: (link: Link) => void) {
    this.context = context;
    this.line = line;
    this.bans = bans;
    this.uplink = uplink;
    this.onClosed = onClosed;
  }

  open(peer: PeerId, role: PeerRole, rttMs: number): Link {
    const { context } = this;
    const link = new Link(peer, role, rttMs, context.nowMs, context.config);
    context.links.add(link);
    this.greet(link);
    this.ping(link);
    return link;
  }

  /** First on every link, and again when the epoch changed. */
  greet(link: Link): void {
    const { config, node, epoch, playSequence } = this.context;
    sendControl(this.context, link, {
      type: 'hello',
      protocolVersion: WIRE_PROTOCOL_VERSION,
      substreams: config.substreams,
      slots: this.uplink.slots,
      node,
      epoch,
      playSequence,
    });
  }

  /** False: it speaks another protocol, and was hung up on. */
  greeted(link: Link, hello: Hello): boolean {
    const { context } = this;
    if (hello.protocolVersion !== WIRE_PROTOCOL_VERSION || hello.substreams !== context.config.substreams) {
      this.bans.avoid(link.peer, OTHER_VERSION_BACKOFF_MS, context.nowMs);
      this.hangUp(link, 'protocol-version', `it speaks protocol ${hello.protocolVersion}`);
      return false;
    }
    link.node = hello.node;
    return !this.dropTwin(link);
  }

  /**
   * Peers that a restarted tracker introduces again under new ids have a link already: the node number tells. The newer of the
   * two goes, unless the older has fallen silent; and one side alone decides, or both links would. True: this one went.
   */
  private dropTwin(link: Link): boolean {
    const { links, node } = this.context;
    if (link.node === node) {
      this.hangUp(link, 'no-room', 'it is ourselves');
      return true;
    }
    const twin = links.list.find((other) => other !== link && other.node === link.node);
    if (twin === undefined || link.node === undefined || node < link.node) return false;
    const isTwinSilent = isSilent(this.context, twin);
    this.hangUp(isTwinSilent ? twin : link, 'no-room', 'a second link');
    return !isTwinSilent;
  }

  pong(link: Link, token: number): void {
    if (link.pingToken !== token) return;
    link.pingToken = undefined;
    link.observeRtt(Math.max(1, this.context.nowMs - link.pingSentMs), this.context.nowMs);
    // Slots that stand empty while others starve are dear.
    if (this.line.isOnTrial) this.context.timers.setSooner('ping', this.context.nowMs);
  }

  /** Counts a control message; false: there were too many, and the link is cut. */
  admitControl(link: Link): boolean {
    const { config, nowMs } = this.context;
    const level = link.controlMessages.refill(config.controlMessagesPerSecond, config.controlMessagesBurst, nowMs);
    link.controlMessages.take(1);
    if (level >= 1) return true;
    this.cutFlood(link, 'too many control messages');
    return false;
  }

  /** Counts a packet that nobody asked for. */
  unsolicited(link: Link): void {
    const { config, nowMs, statistics } = this.context;
    statistics.packetsUnsolicited++;
    const level = link.unsolicited.refill(1, config.unsolicitedPacketsMax, nowMs);
    link.unsolicited.take(1);
    if (level < 1) this.cutFlood(link, 'packets that nobody asked for');
  }

  /** For what only a faulty or hostile peer can have done. Works for one that is gone already. */
  ban(peer: PeerId, reason: string): void {
    const { context } = this;
    const untilMs: Millis = this.bans.ban(peer, context.nowMs);
    context.outputs.push({ type: 'banned', peer, reason, untilMs });
    const link = context.links.get(peer);
    if (link !== undefined) this.hangUp(link, 'banned', reason);
  }

  /** Says goodbye, and has the transport closed. */
  hangUp(link: Link, bye: ByeReason, reason: string): void {
    sendControl(this.context, link, { type: 'bye', reason: bye });
    this.context.outputs.push({ type: 'disconnect', peer: link.peer, reason });
    this.closed(link);
  }

  /** The transport is closed already. */
  closed(link: Link): void {
    if (this.context.links.remove(link.peer) !== undefined) this.onClosed(link);
  }

  /** Every second: who has fallen silent. */
  look(): void {
    const { links, config, nowMs } = this.context;
    for (const link of links.list) {
      if (nowMs - link.lastHeardMs > config.linkSilenceMs) this.hangUp(link, 'leaving', 'silent');
      else if (link.node === undefined && nowMs - link.openedMs > HELLO_TIMEOUT_MS)
        this.hangUp(link, 'leaving', 'no hello');
    }
  }

  ping(link: Link): void {
    link.pingToken = this.context.random.nextUint32();
    link.pingSentMs = this.context.nowMs;
    sendControl(this.context, link, { type: 'ping', token: link.pingToken });
  }

  private cutFlood(link: Link, reason: string): void {
    this.bans.avoid(link.peer, this.context.config.floodBackoffMs, this.context.nowMs);
    this.hangUp(link, 'flood', reason);
  }
}
