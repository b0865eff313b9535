import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { Channel } from '../../../seeder/channel.ts';
import { createSigningKey } from '../../../seeder/signing-key.ts';
import type { ChannelName } from '../../../shared/basics/units.ts';
import { Depacketizer } from '../../../shared/packets/depacketizer.ts';
import type { Packet } from '../../../shared/packets/packet.ts';
import type { Tag } from '../../../shared/tags/tag.ts';
import { audioConfiguration, videoConfiguration } from '../packets/sample-tags.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedFeed } from './scripted-feed.ts';

export const SIGNING_KEY = createSigningKey();
export const HEAD = [videoConfiguration(0), audioConfiguration(0)];
/** Where the line of a broadcast begins. */
export const START_MS = 1000;

export type Stage = {
  readonly channel: Channel;
  readonly feed: ScriptedFeed;
  readonly clock: ManualClock;
  /** Everything that was appended, over all epochs. */
  readonly packets: Packet[];
  readonly statuses: string[];
};

export function stage(context: TestContext, feed = new ScriptedFeed(), name = 'demo'): Stage {
  const clock = new ManualClock();
  const channel = new Channel({ name: name as ChannelName, feed, signingKey: SIGNING_KEY, clock, random: () => 1 });
  const packets: Packet[] = [];
  const statuses: string[] = [];
  channel.log.onAppend((packet) => packets.push(packet));
  channel.onStateChange(({ status }) => statuses.push(status));
  channel.start();
  context.after(() => channel.stop());
  return { channel, feed, clock, packets, statuses };
}

export function logged(context: TestContext): { feed: ScriptedFeed; clock: ManualClock; lines: string[] } {
  const feed = new ScriptedFeed();
  const clock = new ManualClock();
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => lines.push(line) });
  const channel = new Channel({
    name: 'demo' as ChannelName,
    feed,
    signingKey: SIGNING_KEY,
    clock,
    logger,
    random: () => 1,
  });
  context.after(() => channel.stop());
  channel.start();
  return { feed, clock, lines };
}

export function tagsOf(packets: readonly Packet[]): Tag[] {
  const depacketizer = new Depacketizer();
  return packets.flatMap((packet) => depacketizer.push(packet).tags);
}
