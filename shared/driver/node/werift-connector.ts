import type { PeerConnector } from '../ports.ts';
import { RtcConnector } from '../rtc-connector.ts';
import { type W3cPeerConnection, W3cTransport } from '../w3c-transport.ts';
import type { NodeConnectorOptions } from './connector-options.ts';

const MESSAGE_BYTES_MAX = 64 * 1024;

/** WebRTC in pure TypeScript, a tenth as fast: for machines without a native binary, and as an independent peer in tests. */
export async function openWeriftConnector(options: NodeConnectorOptions): Promise<PeerConnector> {
  const { RTCPeerConnection } = await import('werift');
  const { bindAddress, portRange } = options;
  return new RtcConnector((iceServers, events) => {
    const connection = new RTCPeerConnection({
      iceServers: iceServers.map((server) => ({ ...server })),
      iceUseTcp: false,
      maxMessageSize: MESSAGE_BYTES_MAX,
      ...(bindAddress === undefined ? {} : bindTo(bindAddress)),
      ...(portRange === undefined ? {} : { icePortRange: [portRange.first, portRange.last] as [number, number] }),
    });
    return new W3cTransport(connection as unknown as W3cPeerConnection, events, (bytes) =>
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    );
  });
}

/** Loopback is left out unless it is named. */
function bindTo(address: string): object {
  const isIpv6 = address.includes(':');
  return {
    iceUseIpv4: !isIpv6,
    iceUseIpv6: isIpv6,
    iceInterfaceAddresses: isIpv6 ? { udp6: address } : { udp4: address },
    iceAdditionalHostAddresses: [address],
  };
}
