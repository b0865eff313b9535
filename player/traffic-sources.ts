import type { PlayerStats } from './stats.ts';

/** Long enough that one rescued packet does not make the swarm "both" for longer than it matters. */
const WINDOW_MS = 4_000;
/** Less than this share of the last seconds is a rescue now and then, not a source. */
const SHARE_MIN = 0.05;

type Sample = { readonly atMs: number; readonly fromPeers: number; readonly fromServer: number };

/** Tells where the media of the last seconds came from. */
export class TrafficSources {
  private samples: Sample[] = [];

  observe(bytesFromPeers: number, bytesFromServer: number, nowMs: number): PlayerStats['source'] {
    this.samples.push({ atMs: nowMs, fromPeers: bytesFromPeers, fromServer: bytesFromServer });
    while (this.samples.length > 2 && nowMs - (this.samples[1]?.atMs ?? nowMs) >= WINDOW_MS) this.samples.shift();
    const oldest = this.samples[0] as Sample;
    const isNew = this.samples.length === 1;
    const peers = bytesFromPeers - (isNew ? 0 : oldest.fromPeers);
    const server = bytesFromServer - (isNew ? 0 : oldest.fromServer);
    const total = peers + server;
    if (total <= 0) return 'none';
    if (peers / total < SHARE_MIN) return 'server';
    return server / total < SHARE_MIN ? 'swarm' : 'both';
  }
}
