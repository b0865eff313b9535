import { errorText } from '../basics/errors.ts';
import type { LinkChannel } from '../swarm/engine-types.ts';
import type { IceServer, SignalMessage } from '../wire/tracker-messages.ts';
import type { PeerConnection, PeerConnectionEvents } from './ports.ts';
import type {
  RtcState,
  RtcTransport,
  RtcTransportEvents,
  RtcTransportFactory,
  SessionDescription,
} from './rtc-transport.ts';

export type RtcLinkTimes = {
  /** From the first call to both channels open. More: slow lines get in; less: a dead candidate is given up sooner. */
  readonly connectTimeoutMs: number;
  /** How long ICE may be out of touch before the link counts as gone; short losses heal within 1 to 3 s. */
  readonly disconnectedTimeoutMs: number;
};

export const DEFAULT_RTC_LINK_TIMES: RtcLinkTimes = { connectTimeoutMs: 10_000, disconnectedTimeoutMs: 5000 };

/** The tracker lets 20 candidates of a description through; as many again may trickle. Beyond that somebody plays. */
const REMOTE_CANDIDATES_MAX = 40;
/** What a peer may send between its own opening and ours: a greeting and a have-map, not a stream. */
const EARLY_MESSAGES_MAX = 64;
/** The engine's pacer keeps about 64 KiB in a link. A link that holds this much is stuck and gets no more. */
const BUFFERED_BYTES_MAX = 1024 * 1024;

/*
 *  negotiating ──► connecting ──► open
 *       └───────────────┴──────────┴────► closed
 *
 * negotiating: one of the two descriptions is missing, and candidates of both directions are held. Implementations lose
 * or refuse candidates that come earlier ("Got a remote candidate without ICE transport").
 */
type LinkState = 'negotiating' | 'connecting' | 'open' | 'closed';

/** One connection to one peer over any `RtcTransport`. Once closed, by whichever side, it never calls back again. */
export class RtcLink implements PeerConnection {
  private readonly events: PeerConnectionEvents;
  private readonly times: RtcLinkTimes;
  private readonly offers: boolean;
  private readonly onGone: () => void;
  private readonly transport: RtcTransport | undefined;
  private readonly connectTimer: ReturnType<typeof setTimeout>;
  private disconnectedTimer: ReturnType<typeof setTimeout> | undefined;
  private state: LinkState = 'negotiating';
  private remoteDescription: 'none' | 'asked' | 'set' = 'none';
  private localDescription: 'none' | 'emitted' = 'none';
  private remoteCandidateCount = 0;
  private heldRemoteCandidates: Candidate[] = [];
  private heldLocalCandidates: Candidate[] = [];
  private heldMessages: { readonly channel: LinkChannel; readonly bytes: Uint8Array }[] = [];
  private readonly openChannels = new Set<LinkChannel>();

  /** Begins at once; calls back only after the constructor has returned. `onGone`: closed, the owner may forget it. */
  constructor(
    makeTransport: RtcTransportFactory,
    offers: boolean,
    iceServers: readonly IceServer[],
    events: PeerConnectionEvents,
    onGone: () => void,
    times: RtcLinkTimes = DEFAULT_RTC_LINK_TIMES,
  ) {
    this.events = events;
    this.times = times;
    this.offers = offers;
    this.onGone = onGone;
    this.connectTimer = setTimeout(() => this.fail('connect-timeout'), times.connectTimeoutMs);
    try {
      this.transport = makeTransport(iceServers, this.transportEvents());
    } catch (thrown) {
      queueMicrotask(() => this.fail(`no-transport: ${errorText(thrown)}`));
      return;
    }
    if (offers) this.attempt('offer-failed', (transport) => transport.offer());
  }

  signal(message: SignalMessage): void {
    if (this.state === 'closed') return;
    if (message.type === 'candidate') this.takeRemoteCandidate({ candidate: message.candidate, mid: message.mid });
    else this.takeRemoteDescription({ type: message.type, sdp: message.sdp });
  }

  send(channel: LinkChannel, bytes: Uint8Array): boolean {
    if (this.state !== 'open' || this.transport === undefined) return false;
    try {
      return this.transport.bufferedBytes() < BUFFERED_BYTES_MAX && this.transport.send(channel, bytes);
    } catch {
      return false; // closed under us; the event that says so is on its way
    }
  }

  bufferedBytes(): number {
    if (this.state !== 'open' || this.transport === undefined) return 0;
    try {
      return this.transport.bufferedBytes();
    } catch {
      return 0;
    }
  }

  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    clearTimeout(this.connectTimer);
    clearTimeout(this.disconnectedTimer);
    this.heldRemoteCandidates = [];
    this.heldLocalCandidates = [];
    this.heldMessages = [];
    try {
      this.transport?.close();
    } catch {
      // the implementation had closed it before
    }
    this.onGone();
  }

  private fail(reason: string): void {
    if (this.state === 'closed') return;
    this.close();
    this.events.onClosed(reason);
  }

  private takeRemoteDescription(description: SessionDescription): void {
    // The tracker says who offers: a second description, or one of the wrong kind, is not for us to answer.
    if (this.remoteDescription !== 'none' || (description.type === 'answer') !== this.offers) return;
    this.remoteDescription = 'asked';
    this.attempt('bad-description', async (transport) => {
      await transport.accept(description);
      this.remoteDescription = 'set';
      this.finishNegotiation();
    });
  }

  private takeRemoteCandidate(candidate: Candidate): void {
    if (candidate.candidate === '' || ++this.remoteCandidateCount > REMOTE_CANDIDATES_MAX) return;
    if (this.state === 'negotiating') this.heldRemoteCandidates.push(candidate);
    else this.addRemoteCandidate(candidate);
  }

  /** A candidate that the implementation cannot use (another's mDNS name, an address family it lacks) is not a fault. */
  private addRemoteCandidate({ candidate, mid }: Candidate): void {
    this.attempt(undefined, (transport) => transport.addCandidate(candidate, mid));
  }

  private finishNegotiation(): void {
    if (this.state !== 'negotiating' || this.remoteDescription !== 'set' || this.localDescription === 'none') return;
    this.state = 'connecting';
    const held = this.heldRemoteCandidates;
    this.heldRemoteCandidates = [];
    for (const candidate of held) this.addRemoteCandidate(candidate);
    this.openIfReady();
  }

  private transportEvents(): RtcTransportEvents {
    const whileAlive =
      <Arguments extends unknown[]>(handle: (...args: Arguments) => void) =>
      (...args: Arguments): void => {
        if (this.state !== 'closed') handle(...args);
      };
    return {
      onDescription: whileAlive((description) => this.emitDescription(description)),
      onCandidate: whileAlive((candidate, mid) => this.emitCandidate({ candidate, mid })),
      onState: whileAlive((state) => this.observeState(state)),
      onChannelOpen: whileAlive((channel) => {
        this.openChannels.add(channel);
        this.openIfReady();
      }),
      onChannelClosed: whileAlive(() => this.fail('closed-by-peer')),
      onMessage: whileAlive((channel, bytes) => this.receive(channel, bytes)),
      onDrained: whileAlive(() => {
        if (this.state === 'open') this.events.onDrained();
      }),
    };
  }

  private emitDescription(description: SessionDescription): void {
    if (this.localDescription === 'emitted') return;
    this.localDescription = 'emitted';
    this.events.onSignal(description);
    const held = this.heldLocalCandidates;
    this.heldLocalCandidates = [];
    for (const candidate of held) this.emitCandidate(candidate);
    this.finishNegotiation();
  }

  private emitCandidate(candidate: Candidate): void {
    if (this.state === 'closed') return;
    if (this.localDescription === 'none') this.heldLocalCandidates.push(candidate);
    else this.events.onSignal({ type: 'candidate', ...candidate });
  }

  private observeState(state: RtcState): void {
    clearTimeout(this.disconnectedTimer);
    if (state === 'failed') this.fail('ice-failed');
    else if (state === 'closed') this.fail('closed-by-peer');
    else if (state === 'disconnected') {
      this.disconnectedTimer = setTimeout(() => this.fail('disconnected'), this.times.disconnectedTimeoutMs);
    }
  }

  /** Also waits for the end of the negotiation: an implementation may open channels before `accept` has resolved. */
  private openIfReady(): void {
    if (this.state !== 'connecting' || this.openChannels.size < 2) return;
    this.state = 'open';
    clearTimeout(this.connectTimer);
    this.events.onOpen(this.transport?.rttMs() ?? 0);
    const held = this.heldMessages;
    this.heldMessages = [];
    for (const { channel, bytes } of held) this.receive(channel, bytes);
  }

  private receive(channel: LinkChannel, bytes: Uint8Array): void {
    if (this.state === 'open') this.events.onMessage(channel, bytes);
    else if (this.state === 'closed') return;
    else if (this.heldMessages.length < EARLY_MESSAGES_MAX) this.heldMessages.push({ channel, bytes });
    else this.fail('early-flood');
  }

  /** Runs one step that may throw now or later; `failure` undefined: then it does not matter. */
  private attempt(failure: string | undefined, step: (transport: RtcTransport) => Promise<void>): void {
    const transport = this.transport;
    if (transport === undefined) return;
    const settle = async (): Promise<void> => {
      if (this.state === 'closed') return;
      try {
        await step(transport);
      } catch (thrown) {
        if (failure !== undefined) this.fail(`${failure}: ${errorText(thrown)}`);
      }
    };
    queueMicrotask(settle);
  }
}

type Candidate = { readonly candidate: string; readonly mid: string };
