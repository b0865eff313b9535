import { Counter, Gauge, Registry } from 'prom-client';
import type { ChannelOutputs } from './outputs/channel-outputs.ts';
import { ORIGIN_PATHS } from './outputs/origin-bytes.ts';

/** What viewers told the tracker about themselves, since the process began. */
export type AudienceFigures = {
  readonly viewers: number;
  readonly bytesFromPeers: number;
  readonly stallMs: number;
  /** Capture to screen, of those who watch now. */
  readonly latencyMs: readonly { readonly quantile: number; readonly value: number }[];
};

export interface MetricsSources {
  /** By name. */
  channels(): readonly string[];
  /** Undefined where this process only tracks the channel. */
  outputs(channel: string): ChannelOutputs | undefined;
  audience(channel: string): AudienceFigures;
  trackerSockets(): number;
  /** Bytes that the seeder pushed into this channel's swarm. */
  pushedBytes(channel: string): number;
}

/** Prometheus text; dashboards rely on the names. Figures are read where they are counted, at the moment somebody asks. */
export function createMetrics(sources: MetricsSources): Registry {
  const registry = new Registry();
  const registers = [registry];
  const perChannel = (visit: (name: string) => void): void => {
    for (const name of sources.channels()) visit(name);
  };
  const perOutputs = (visit: (name: string, outputs: ChannelOutputs) => void): void =>
    perChannel((name) => {
      const outputs = sources.outputs(name);
      if (outputs !== undefined) visit(name, outputs);
    });
  gauge('swarmtube_viewers', 'Viewers in the swarm of this channel.', ['channel'], (set) =>
    perChannel((channel) => set({ channel }, sources.audience(channel).viewers)),
  );
  counter('swarmtube_stream_bytes_total', 'Bytes of the stream, each packet counted once.', ['channel'], (add) =>
    perOutputs((name, { channel }) => add({ channel: name }, channel.streamBytesTotal)),
  );
  counter('swarmtube_origin_bytes_total', 'Bytes of media that left the server.', ['channel', 'path'], (add) =>
    perOutputs((channel, { originBytes }) => {
      originBytes.set('push', sources.pushedBytes(channel));
      for (const path of ORIGIN_PATHS) add({ channel, path }, originBytes.get(path));
    }),
  );
  counter('swarmtube_peer_bytes_total', 'Bytes that viewers got from viewers, as they report.', ['channel'], (add) =>
    perChannel((channel) => add({ channel }, sources.audience(channel).bytesFromPeers)),
  );
  gauge('swarmtube_tracker_sockets', 'Connections to the tracker.', [], (set) => set({}, sources.trackerSockets()));
  counter('swarmtube_stall_ms_total', 'Time that viewers stood still, as they report.', ['channel'], (add) =>
    perChannel((channel) => add({ channel }, sources.audience(channel).stallMs)),
  );
  gauge('swarmtube_latency_ms', 'Capture to screen, as viewers report.', ['channel', 'quantile'], (set) =>
    perChannel((channel) => {
      for (const { quantile, value } of sources.audience(channel).latencyMs)
        set({ channel, quantile: `${quantile}` }, value);
    }),
  );
  return registry;

  type Put = (labels: Record<string, string>, value: number) => void;

  function gauge(name: string, help: string, labelNames: string[], fill: (set: Put) => void): void {
    const made: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect: () => {
        made.reset();
        fill((labels, value) => made.set(labels, value));
      },
    });
  }

  /** The totals are kept elsewhere: the library's own count is set to them. */
  function counter(name: string, help: string, labelNames: string[], fill: (add: Put) => void): void {
    const made: Counter = new Counter({
      name,
      help,
      labelNames,
      registers,
      collect: () => {
        made.reset();
        fill((labels, value) => made.inc(labels, value));
      },
    });
  }
}
