/*
 * What a page under test is given before its own scripts run: an ear for the players' events, and a hand on the connections
 * to peers. The player itself is left as it is.
 */

export type PlayerEvent = { readonly type: string; readonly code?: string; readonly message?: string };

export type Probe = {
  /** By the player's place on the page. */
  readonly events: PlayerEvent[][];
  /** All that were ever made. */
  readonly peerConnections: RTCPeerConnection[];
  areConnectionsForbidden: boolean;
  areChannelsMute: boolean;
};

export type ProbedWindow = typeof globalThis & { probe: Probe };

/** Runs in the page: refers to nothing outside of itself. */
export function installProbe(): void {
  const probe: Probe = { events: [], peerConnections: [], areConnectionsForbidden: false, areChannelsMute: false };
  (globalThis as ProbedWindow).probe = probe;

  for (const type of ['statechange', 'error', 'live']) {
    // While capturing, the document also hears events that do not bubble.
    document.addEventListener(
      type,
      (event) => {
        const player = event.target;
        if (!(player instanceof HTMLElement) || player.localName !== 'swarm-player') return;
        const index = [...document.querySelectorAll('swarm-player')].indexOf(player);
        const said = event as Event & { code?: string; message?: string; detail?: { code?: string; message?: string } };
        const code = said.code ?? said.detail?.code;
        const message = said.message ?? said.detail?.message;
        const list = probe.events[index] ?? [];
        probe.events[index] = list;
        list.push({ type, ...(code !== undefined && { code }), ...(message !== undefined && { message }) });
      },
      { capture: true },
    );
  }

  const OriginalConnection = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends OriginalConnection {
    constructor(configuration?: RTCConfiguration) {
      if (probe.areConnectionsForbidden) throw new DOMException('forbidden by the test', 'NotAllowedError');
      super(configuration);
      probe.peerConnections.push(this);
    }
  };
  const send = RTCDataChannel.prototype.send;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: never) {
    if (!probe.areChannelsMute) send.call(this, data);
  };
}
