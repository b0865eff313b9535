/*
 * What a page of the bench is given besides the probe: an ear on the data channels, which hears when each packet came. All
 * namespaces of a machine have one clock, so that capture to arrival is a plain difference. The player is left as it is.
 */
import type { ProbedWindow } from '../../support/page-probe.ts';

export type LinkFacts = {
  readonly isRelayed: boolean;
  readonly bytesReceived: number;
};

type EarsWindow = typeof globalThis & { arrivals: { lags: number[]; heard: Set<number> } };

/** Runs in the page: refers to nothing outside of itself. */
export function installEars(): void {
  const HEAD_BYTES = 2;
  const HEADER_BYTES = 32;
  const HEARD_MAX = 20_000;
  const arrivals = { lags: [] as number[], heard: new Set<number>() };
  (globalThis as EarsWindow).arrivals = arrivals;
  const create = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (this: RTCPeerConnection, label, options) {
    const channel = create.call(this, label, options);
    if (label !== 'data') return channel;
    channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (!(data instanceof ArrayBuffer) || data.byteLength < HEAD_BYTES + HEADER_BYTES) return;
      const view = new DataView(data, HEAD_BYTES);
      const sequence = view.getUint32(8);
      if (arrivals.heard.has(sequence) || arrivals.heard.size >= HEARD_MAX) return;
      arrivals.heard.add(sequence);
      arrivals.lags.push(Date.now() - (view.getUint16(20) * 0x1_0000_0000 + view.getUint32(22)));
    });
    return channel;
  };
}

/** Runs in the page: what came since it was asked the last time, ms from capture to arrival. */
export function takeArrivals(): number[] {
  return (globalThis as EarsWindow).arrivals.lags.splice(0);
}

/** Runs in the page: the connections that are open. */
export async function readLinks(): Promise<LinkFacts[]> {
  const open = (globalThis as ProbedWindow).probe.peerConnections.filter(
    ({ connectionState }) => connectionState === 'connected',
  );
  return Promise.all(
    open.map(async (connection) => {
      const report = await connection.getStats();
      const entries = [...report.values()] as Record<string, unknown>[];
      const transport = entries.find(({ type }) => type === 'transport');
      const pair = report.get(String(transport?.selectedCandidatePairId)) as Record<string, unknown> | undefined;
      const kinds = [pair?.localCandidateId, pair?.remoteCandidateId].map(
        (id) => (report.get(String(id)) as Record<string, unknown> | undefined)?.candidateType,
      );
      return { isRelayed: kinds.includes('relay'), bytesReceived: Number(pair?.bytesReceived ?? 0) };
    }),
  );
}
