import type { DataChannel, PeerConnection, RtcConfig } from 'node-datachannel';
import { errorText } from '../../basics/errors.ts';
import { type Logger, SILENT_LOGGER } from '../../basics/log.ts';
import type { LinkChannel } from '../../swarm/engine-types.ts';
import type { IceServer } from '../../wire/tracker-messages.ts';
import type { PeerConnector } from '../ports.ts';
import { RtcConnector } from '../rtc-connector.ts';
import {
  BUFFER_LOW_BYTES,
  DATA_CHANNELS,
  type RtcState,
  type RtcTransport,
  type RtcTransportEvents,
  type SessionDescription,
} from '../rtc-transport.ts';
import type { NodeConnectorOptions } from './connector-options.ts';

type Library = typeof import('node-datachannel');

/** Peers never send more than a packet and its head; a larger message is refused by the library before it is allocated. */
const MESSAGE_BYTES_MAX = 64 * 1024;
/**
 * The library counts as "buffered" only what SCTP has not taken yet, and SCTP takes 1 MB by default: back-pressure would
 * come seconds late. 256 KiB still carry 20 Mbit/s over a link of 100 ms.
 */
const SCTP_SEND_BUFFER_BYTES = 256 * 1024;

/** Connections that were closed end their own work first. */
const CLEANUP_DELAY_MS = 100;

/** WebRTC of libdatachannel, by its native interface. Rejects where no binary for this machine loads. */
export async function openNodeDatachannelConnector(options: NodeConnectorOptions): Promise<PeerConnector> {
  const library = await import('node-datachannel');
  library.initLogger('Fatal', () => {});
  library.setSctpSettings({ sendBufferSize: SCTP_SEND_BUFFER_BYTES });
  openConnectors++;
  clearTimeout(cleanupTimer);
  let isReleased = false;
  const release = (): void => {
    if (isReleased) return;
    isReleased = true;
    if (--openConnectors > 0) return;
    cleanupTimer = setTimeout(() => cleanUp(library, options.logger ?? SILENT_LOGGER), CLEANUP_DELAY_MS);
  };
  return new RtcConnector(
    (iceServers, events) => new NodeDatachannelTransport(library, iceServers, options, events),
    release,
  );
}

let openConnectors = 0;
let cleanupTimer: ReturnType<typeof setTimeout> | undefined;

/**
 * The library's threads are the process's: they go when no connector is left, or the process would not end by itself. It
 * waits for them in our thread, up to 10 s, which is long where hundreds of connections have just been told to close; and
 * what is connected right after a cleanup that came too soon never opens (node-datachannel 0.33.4).
 */
function cleanUp(library: Library, logger: Logger): void {
  try {
    library.cleanup();
  } catch (thrown) {
    logger.warn({ reason: errorText(thrown) }, 'node-datachannel did not end its threads');
  }
}

class NodeDatachannelTransport implements RtcTransport {
  private readonly connection: PeerConnection;
  private readonly events: RtcTransportEvents;
  private readonly channels: Readonly<Record<LinkChannel, DataChannel>>;

  constructor(
    library: Library,
    iceServers: readonly IceServer[],
    options: NodeConnectorOptions,
    events: RtcTransportEvents,
  ) {
    this.events = events;
    this.connection = new library.PeerConnection('', configuration(iceServers, options));
    this.connection.onLocalDescription((sdp, type) => {
      if (type === 'offer' || type === 'answer') events.onDescription({ type, sdp });
    });
    this.connection.onLocalCandidate((candidate, mid) => events.onCandidate(candidate.replace(/^a=/, ''), mid));
    this.connection.onStateChange((state) => events.onState(state as RtcState));
    this.channels = { control: this.openChannel('control'), data: this.openChannel('data') };
  }

  async offer(): Promise<void> {
    this.connection.setLocalDescription('offer');
  }

  async accept({ type, sdp }: SessionDescription): Promise<void> {
    this.connection.setRemoteDescription(type === 'offer' ? leaveHandshakeToOfferer(sdp) : sdp, type);
    if (type === 'offer') this.connection.setLocalDescription('answer');
  }

  async addCandidate(candidate: string, mid: string): Promise<void> {
    this.connection.addRemoteCandidate(candidate, mid);
  }

  send(channel: LinkChannel, bytes: Uint8Array): boolean {
    const dataChannel = this.channels[channel];
    if (!dataChannel.isOpen()) return false;
    dataChannel.sendMessageBinary(bytes); // false means "buffered", which is no failure
    return true;
  }

  bufferedBytes(): number {
    return this.channels.control.bufferedAmount() + this.channels.data.bufferedAmount();
  }

  rttMs(): number {
    return Math.max(0, this.connection.rtt());
  }

  /** The channels first: of a connection that is closed with open ones, the other side sometimes never hears. */
  close(): void {
    for (const channel of [this.channels.control, this.channels.data]) if (channel.isOpen()) channel.close();
    this.connection.close();
  }

  private openChannel(name: LinkChannel): DataChannel {
    const { id, ordered } = DATA_CHANNELS[name];
    const channel = this.connection.createDataChannel(name, { negotiated: true, id, unordered: !ordered });
    channel.setBufferedAmountLowThreshold(BUFFER_LOW_BYTES);
    channel.onOpen(() => this.events.onChannelOpen(name));
    channel.onClosed(() => this.events.onChannelClosed(name));
    channel.onBufferedAmountLow(() => this.events.onDrained());
    channel.onMessage((message) => {
      // The binding copies each message into a buffer of its own; text is not part of our protocol.
      if (message instanceof ArrayBuffer) this.events.onMessage(name, new Uint8Array(message));
      else if (typeof message !== 'string') {
        this.events.onMessage(name, new Uint8Array(message.buffer, message.byteOffset, message.byteLength));
      }
    });
    return channel;
  }
}

/**
 * The side that answers is through with ICE first, since it has the other's candidates first. Were it the one to begin the
 * DTLS handshake, as it is by habit, its first message would come before the other listens, and the next one a second
 * later: set-up then takes 1.0 s instead of 5 to 50 ms (measured, libdatachannel 0.24.5).
 */
function leaveHandshakeToOfferer(sdp: string): string {
  return sdp.replace(/^a=setup:actpass/gm, 'a=setup:active');
}

function configuration(iceServers: readonly IceServer[], options: NodeConnectorOptions): RtcConfig {
  const { bindAddress, portRange } = options;
  return {
    iceServers: iceServers.map(iceServerUrl),
    disableAutoNegotiation: true, // the data channels exist on both sides: only the one told to offer may offer
    maxMessageSize: MESSAGE_BYTES_MAX,
    ...(bindAddress === undefined ? {} : { bindAddress }),
    ...(portRange === undefined ? {} : { portRangeBegin: portRange.first, portRangeEnd: portRange.last }),
  };
}

/** libdatachannel takes the credentials of a TURN server within its address. */
function iceServerUrl({ urls, username, credential }: IceServer): string {
  if (username === undefined || credential === undefined) return urls;
  return urls.replace(/^(turns?:)/, `$1${encodeURIComponent(username)}:${encodeURIComponent(credential)}@`);
}
