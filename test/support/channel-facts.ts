import type { ChannelDescription } from '../../shared/wire/channel-description.ts';
import { waitFor } from './wait.ts';

/** The description of a channel once it is live. */
export function liveChannel(serverUrl: string, channel: string): Promise<ChannelDescription> {
  return waitFor(
    async () => {
      const response = await fetch(`${serverUrl}/live/${channel}.json`).catch(() => undefined);
      if (response?.ok !== true) return undefined;
      const description = (await response.json()) as ChannelDescription;
      return description.live && description.doorSequence !== null ? description : undefined;
    },
    { text: `channel ${channel} is live` },
  );
}

export type ChannelBytes = {
  /** Media of the stream, each packet counted once. */
  readonly stream: number;
  /** Media that left the server, by path: push, start, rescue, lease, stream, flv. */
  readonly origin: ReadonlyMap<string, number>;
  /** What viewers reported to have given each other. */
  readonly peer: number;
};

export const NO_BYTES: ChannelBytes = { stream: 0, origin: new Map(), peer: 0 };

/** What `/metrics` says of one channel. */
export async function channelBytes(serverUrl: string, channel: string): Promise<ChannelBytes> {
  const response = await fetch(`${serverUrl}/metrics`);
  if (!response.ok) throw new Error(`/metrics answers ${response.status}`);
  let stream = 0;
  let peer = 0;
  const origin = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    const match = /^swarmtube_(stream|origin|peer)_bytes_total\{([^}]*)\} (\S+)/.exec(line);
    if (match === null) continue;
    const [, name, labels = '', value] = match;
    if (!labels.includes(`channel="${channel}"`)) continue;
    const path = /path="([^"]*)"/.exec(labels)?.[1] ?? '';
    if (name === 'stream') stream += Number(value);
    if (name === 'peer') peer += Number(value);
    if (name === 'origin') origin.set(path, (origin.get(path) ?? 0) + Number(value));
  }
  return { stream, origin, peer };
}

/** Copies of the stream that left the server between two readings. */
export function copiesBetween(before: ChannelBytes, after: ChannelBytes): number {
  return (sum(after.origin) - sum(before.origin)) / (after.stream - before.stream);
}

function sum(values: ReadonlyMap<string, number>): number {
  return [...values.values()].reduce((total, value) => total + value, 0);
}
