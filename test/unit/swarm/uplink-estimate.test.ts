// What a line is believed to carry: found out, lowered where it is full, and raised again as soon as it carries what it did before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis, PeerId } from '../../../shared/basics/units.ts';
import type { EngineContext } from '../../../shared/swarm/engine-context.ts';
import { makeEngineParts } from '../../../shared/swarm/engine-parts.ts';
import { Link } from '../../../shared/swarm/link.ts';
import { fullQueueMs } from '../../../shared/swarm/own-line.ts';
import { UplinkEstimate } from '../../../shared/swarm/uplink-estimate.ts';

const PACKET_BYTES = 16_000;
const STEP_MS = 10;
const REPORT_MS = 50;
const MEASURE_MS = 500;
/** As much as slots promise of what is believed. */
const USED_SHARE = 0.9;
const CHILDREN = 4;
const NO_LIMIT = 1e9;
const LINE = 400_000;
const POOR_LINE = 160_000;
/** A burst leaves so long before a measurement. */
const BURST_MS = 30;

test('a line that is used shows what it carries, and no more is believed of it', () => {
  const line = new UsedLine(100_000);
  line.carries(LINE);
  line.run(30_000);
  assert.ok(line.believed > LINE * 0.85 && line.believed < LINE * 1.15, String(line.believed));
});

test('a line that becomes poor is believed to be so within two seconds', () => {
  const line = new UsedLine(LINE);
  line.carries(LINE);
  line.run(10_000);
  line.carries(POOR_LINE);
  line.run(2000);
  assert.ok(line.believed < POOR_LINE * 1.4, String(line.believed));
});

test('a line that was poor for ten seconds is believed to carry what it did before within four', () => {
  const line = poorForTenSeconds();
  assert.ok(line.believed < POOR_LINE * 1.4, 'it was poor');
  line.carries(LINE);
  line.run(4000);
  assert.ok(line.believed > LINE * 0.8, String(line.believed));
});

test('the same where each look finds something standing, as long as it drains in between', () => {
  const line = poorForTenSeconds({ sendsInBursts: true });
  line.carries(LINE);
  line.run(5000);
  assert.ok(line.believed > LINE * 0.8, String(line.believed));
});

test('a line that stays poor is seldom pushed over its end: less and less is expected of it', () => {
  const line = poorForTenSeconds();
  line.run(50_000);
  const before = line.timesFull;
  line.run(60_000);
  assert.ok(line.timesFull - before < 30, `${line.timesFull - before} of 120 measurements found it full`);
});

test('one child that takes in slowly does not keep belief down', () => {
  const line = poorForTenSeconds();
  line.carries(LINE);
  line.holdsAtFirstChild(40_000);
  line.run(10_000);
  assert.ok(line.believed > LINE * 0.8, String(line.believed));
});

test('with one child a line that becomes poor is told from a poor child by the answers of others', () => {
  for (const [queueMs, isOurs] of [
    [0, false],
    [100, true],
  ] as const) {
    const line = new UsedLine(LINE, { children: 1 });
    line.carries(LINE);
    line.run(20_000);
    line.carries(POOR_LINE);
    line.context.queueMs = queueMs;
    line.run(4000);
    assert.equal(line.believed < POOR_LINE * 1.6, isOurs, `${queueMs} ms: ${line.believed}`);
  }
});

test('hardly more is believed while round trips show a queue, which no transport tells of', () => {
  const line = new UsedLine(100_000);
  line.carries(LINE);
  line.context.queueMs = fullQueueMs(line.context) + 1;
  line.run(10_000);
  assert.ok(line.believed < 120_000, String(line.believed));
});

function poorForTenSeconds(options?: UseOptions): UsedLine {
  const line = new UsedLine(LINE, options);
  line.carries(LINE);
  line.run(20_000);
  line.carries(POOR_LINE);
  line.run(10_000);
  return line;
}

type UseOptions = { readonly sendsInBursts?: boolean; readonly children?: number };

/** A line that is given nearly all it is believed to carry, packet by packet to one child after the other. */
class UsedLine {
  readonly context: EngineContext;
  private readonly estimate: UplinkEstimate;
  private readonly links: Link[];
  private readonly waiting: { link: number; bytes: number }[] = [];
  private capacity = 0;
  private owed = 0;
  private nowMs = 0;
  private turn = 0;
  private held = 0;
  private readonly sendsInBursts: boolean;
  timesFull = 0;

  constructor(believed: number, { sendsInBursts = false, children = CHILDREN }: UseOptions = {}) {
    this.sendsInBursts = sendsInBursts;
    this.context = makeEngineParts({ role: 'viewer', seed: 1 }).context;
    this.estimate = new UplinkEstimate(this.context, believed);
    this.links = Array.from(
      { length: children },
      (_, at) => new Link(`child-${at}` as PeerId, 'viewer', 20, 0 as Millis, this.context.config),
    );
    for (const link of this.links) this.context.links.add(link);
  }

  get believed(): number {
    return this.estimate.bytesPerSecond;
  }

  carries(bytesPerSecond: number): void {
    this.capacity = bytesPerSecond;
  }

  holdsAtFirstChild(bytes: number): void {
    this.held = bytes;
  }

  run(forMs: number): void {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; ) {
      this.nowMs += STEP_MS;
      this.context.nowMs = this.nowMs as Millis;
      for (const link of this.links) link.lastHeardMs = this.context.nowMs;
      this.drain((this.capacity * STEP_MS) / 1000);
      this.owed += (this.believed * USED_SHARE * STEP_MS) / 1000;
      if (!this.sendsInBursts || (this.nowMs + BURST_MS) % MEASURE_MS === 0) this.send();
      if (this.nowMs % REPORT_MS === 0 || this.sendsInBursts) this.report();
      if (this.nowMs % MEASURE_MS !== 0) continue;
      if (this.estimate.measure(this.context.nowMs, NO_LIMIT, this.believed * USED_SHARE)) this.timesFull++;
    }
  }

  private send(): void {
    for (; this.owed >= PACKET_BYTES; this.owed -= PACKET_BYTES) {
      const at = this.turn++ % this.links.length;
      const link = this.links[at] as Link;
      this.waiting.push({ link: at, bytes: PACKET_BYTES });
      link.noteSent(PACKET_BYTES);
      link.packetsSent++;
    }
  }

  private drain(bytes: number): void {
    for (let left = bytes; left > 0 && this.waiting.length > 0; ) {
      const first = this.waiting[0] as { link: number; bytes: number };
      const taken = Math.min(left, first.bytes);
      first.bytes -= taken;
      left -= taken;
      if (first.bytes <= 0) this.waiting.shift();
    }
  }

  private report(): void {
    for (const [at, link] of this.links.entries()) {
      const bytes = this.waiting.filter((one) => one.link === at).reduce((sum, one) => sum + one.bytes, 0);
      link.noteBuffer(at === 0 ? Math.max(bytes, this.held) : bytes, this.context.nowMs);
    }
  }
}
