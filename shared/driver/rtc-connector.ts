import type { PeerId } from '../basics/units.ts';
import type { IceServer } from '../wire/tracker-messages.ts';
import type { PeerConnection, PeerConnectionEvents, PeerConnector } from './ports.ts';
import { RtcLink, type RtcLinkTimes } from './rtc-link.ts';
import type { RtcTransportFactory } from './rtc-transport.ts';

/** A `PeerConnector` over any `RtcTransport`. It holds every link until that is closed: unreferenced ones are collected, and close. */
export class RtcConnector implements PeerConnector {
  private readonly makeTransport: RtcTransportFactory;
  private readonly release: () => void;
  private readonly times: RtcLinkTimes | undefined;
  private readonly links = new Set<RtcLink>();

  /** `release`: what is left to free when all links are closed. */
  constructor(makeTransport: RtcTransportFactory, release: () => void = () => {}, times?: RtcLinkTimes) {
    this.makeTransport = makeTransport;
    this.release = release;
    this.times = times;
  }

  connect(
    _peer: PeerId,
    offers: boolean,
    iceServers: readonly IceServer[],
    events: PeerConnectionEvents,
  ): PeerConnection {
    const link: RtcLink = new RtcLink(
      this.makeTransport,
      offers,
      iceServers,
      events,
      () => this.links.delete(link),
      this.times,
    );
    this.links.add(link);
    return link;
  }

  close(): void {
    for (const link of [...this.links]) link.close();
    this.release();
  }
}
