import type { PeerConnector } from '../ports.ts';
import { RtcConnector } from '../rtc-connector.ts';
import { type W3cPeerConnection, W3cTransport } from '../w3c-transport.ts';

/** The browser's own WebRTC; undefined where it has none or the page may not use it. */
export function openBrowserConnector(): PeerConnector | undefined {
  const Connection = globalThis.RTCPeerConnection;
  if (typeof Connection !== 'function') return undefined;
  return new RtcConnector((iceServers, events) => {
    const connection = new Connection({ iceServers: iceServers.map((server) => ({ ...server })) });
    return new W3cTransport(connection as unknown as W3cPeerConnection, events);
  });
}
