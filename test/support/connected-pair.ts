import type { PeerId } from '../../shared/basics/units.ts';
import type { PeerConnection, PeerConnectionEvents, PeerConnector } from '../../shared/driver/ports.ts';
import type { LinkChannel } from '../../shared/swarm/engine-types.ts';
import type { SignalMessage } from '../../shared/wire/tracker-messages.ts';

/** One end of a connection under test: what it heard, and a promise for each thing to wait for. */
export class TestEnd {
  readonly connection: PeerConnection;
  readonly received: { readonly channel: LinkChannel; readonly bytes: Uint8Array }[] = [];
  readonly opened: Promise<void>;
  /** Resolves with the reason. */
  readonly closed: Promise<string>;
  drainedCount = 0;
  closedCount = 0;
  onSignal: (message: SignalMessage) => void = () => {};
  private waiting: { readonly done: () => boolean; readonly resolve: () => void }[] = [];

  constructor(connector: PeerConnector, name: string, offers: boolean) {
    let resolveOpened: () => void = () => {};
    let resolveClosed: (reason: string) => void = () => {};
    this.opened = new Promise((resolve) => {
      resolveOpened = resolve;
    });
    this.closed = new Promise((resolve) => {
      resolveClosed = resolve;
    });
    const events: PeerConnectionEvents = {
      onSignal: (message) => this.onSignal(message),
      onOpen: () => resolveOpened(),
      onMessage: (channel, bytes) => {
        this.received.push({ channel, bytes });
        this.wake();
      },
      onDrained: () => {
        this.drainedCount++;
        this.wake();
      },
      onClosed: (reason) => {
        this.closedCount++;
        resolveClosed(reason);
      },
    };
    this.connection = connector.connect(name as PeerId, offers, [], events);
  }

  /** Waits until something that this end hears makes it true. */
  until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (done()) resolve();
      else this.waiting.push({ done, resolve });
    });
  }

  private wake(): void {
    const ready = this.waiting.filter(({ done }) => done());
    this.waiting = this.waiting.filter((one) => !ready.includes(one));
    for (const { resolve } of ready) resolve();
  }
}

/** Two ends whose signals reach each other as a tracker would carry them: as JSON, in order, not in the same task. */
export function connectPair(offering: PeerConnector, answering: PeerConnector): { a: TestEnd; b: TestEnd } {
  const a = new TestEnd(offering, 'bbbbbbbbbbbbbbbb', true);
  const b = new TestEnd(answering, 'aaaaaaaaaaaaaaaa', false);
  a.onSignal = (message) => setImmediate(() => b.connection.signal(JSON.parse(JSON.stringify(message))));
  b.onSignal = (message) => setImmediate(() => a.connection.signal(JSON.parse(JSON.stringify(message))));
  return { a, b };
}
