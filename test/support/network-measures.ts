// What a run of the small network came to.
import { type EngineNetwork, NETWORK_WALL_MS } from './engine-network.ts';
import type { NetworkNode } from './network-node.ts';

/** Copies of the stream that left seeder and server, since the counters were last taken. */
export function takeCopies(network: EngineNetwork): { push: number; stream: number; rescue: number; total: number } {
  const streamBytes = Math.max(1, network.streamBytes);
  network.streamBytes = 0;
  let push = 0;
  let stream = 0;
  let rescue = 0;
  for (const node of network.nodes) {
    if (node.role === 'seeder') push += node.pushedBytes;
    node.pushedBytes = 0;
    stream += node.serverBytes.stream;
    rescue += node.serverBytes.rescue + node.serverBytes.start;
    Object.assign(node.serverBytes, { start: 0, rescue: 0, stream: 0 });
  }
  const total = (push + stream + rescue) / streamBytes;
  return { push: push / streamBytes, stream: stream / streamBytes, rescue: rescue / streamBytes, total };
}

/** Packets captured between the two moments that were not delivered by their deadline, over all living viewers or these. */
export function missed(
  network: EngineNetwork,
  fromMs: number,
  toMs: number,
  viewers: readonly NetworkNode[] = network.viewers,
): number {
  let missed = 0;
  for (const node of viewers) {
    for (const packet of network.packets.values()) {
      const capturedMs = packet.header.captureMs - NETWORK_WALL_MS;
      if (capturedMs < fromMs || capturedMs >= toMs || packet.header.sequence < node.startSequence) continue;
      const at = node.delivered.get(packet.header.sequence);
      if (at === undefined || at > capturedMs + network.options.targetLatencyMs) missed++;
    }
  }
  return missed;
}

/** Median time from capture to delivery of the packets captured since. */
export function medianLagMs(network: EngineNetwork, fromMs: number): number {
  const lags: number[] = [];
  for (const node of network.viewers) {
    for (const [sequence, at] of node.delivered) {
      const capturedMs = (network.packets.get(sequence)?.header.captureMs ?? 0) - NETWORK_WALL_MS;
      if (capturedMs >= fromMs) lags.push(at - capturedMs);
    }
  }
  lags.sort((one, other) => one - other);
  return lags[lags.length >> 1] ?? Number.NaN;
}
