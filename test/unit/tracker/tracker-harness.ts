import assert from 'node:assert/strict';
import { Random } from '../../../shared/basics/random.ts';
import type { PeerId } from '../../../shared/basics/units.ts';
import type {
  Introduction,
  JoinAnswer,
  JoinRequest,
  PeerReport,
  SignalMessage,
  TrackerRefusal,
} from '../../../shared/wire/tracker-messages.ts';
import { parseNetworkAddress } from '../../../tracker/core/network-address.ts';
import { Tracker } from '../../../tracker/core/tracker.ts';
import { DEFAULT_TRACKER_LIMITS, type TrackerLimits, type TrackerOutput } from '../../../tracker/core/tracker-types.ts';
import { EMPTY_REPORT } from '../../support/empty-report.ts';

/** A tracker with a clock of its own, and peers that have a number for a name. */
export class TrackerHarness {
  readonly core: Tracker;
  private nowMs = 1000;
  private peers = 0;

  constructor(limits: Partial<TrackerLimits> = {}) {
    this.core = new Tracker(new Random(42), { ...DEFAULT_TRACKER_LIMITS, ...limits });
  }

  /** Lets time pass, with every wake-up that was asked for on the way. */
  advance(ms: number): TrackerOutput[] {
    const endMs = this.nowMs + ms;
    const outputs: TrackerOutput[] = [];
    for (
      let wakeup = this.core.nextWakeup();
      wakeup !== undefined && wakeup <= endMs;
      wakeup = this.core.nextWakeup()
    ) {
      this.nowMs = wakeup;
      outputs.push(...this.core.handle({ type: 'wakeup' }, wakeup));
    }
    this.nowMs = endMs;
    return outputs;
  }

  /** Unless told otherwise each peer has a line of its own, in a network of its own. */
  connect(address = `${60 + Math.floor(this.peers / 250)}.${this.peers % 250}.7.1`): PeerId {
    const peer = `peer${String(this.peers++).padStart(12, '0')}` as PeerId;
    const parsed = parseNetworkAddress(address);
    assert.ok(parsed, address);
    assert.deepEqual(this.core.handle({ type: 'connected', peer, address: parsed }, this.nowMs), []);
    return peer;
  }

  /** Joins channel `demo`, of 1 Mbit/s. */
  tryJoin(
    peer: PeerId,
    request: Partial<JoinRequest> = {},
  ): { answer: JoinAnswer | undefined; refusal: TrackerRefusal | undefined; outputs: TrackerOutput[] } {
    const full = { protocol: 1, channel: 'demo', role: 'viewer', ...request } as const;
    const input = { type: 'join', peer, request: full, serverTimeMs: 1, iceServers: [], bitrateKbps: 1000 } as const;
    const [reply, ...outputs] = this.core.handle(input, this.nowMs);
    assert.ok(reply?.type === 'join-reply');
    const refusal = 'refusal' in reply.reply ? reply.reply.refusal : undefined;
    return { answer: 'answer' in reply.reply ? reply.reply.answer : undefined, refusal, outputs };
  }

  join(request: Partial<JoinRequest> = {}, address?: string) {
    const peer = this.connect(address);
    const { answer, outputs } = this.tryJoin(peer, request);
    assert.ok(answer);
    return { peer, answer, outputs };
  }

  ask(peer: PeerId, substreams: readonly number[]): TrackerOutput[] {
    return this.core.handle({ type: 'ask', peer, request: { substreams } }, this.nowMs);
  }

  signal(from: PeerId, to: PeerId, signal: SignalMessage): TrackerOutput[] {
    return this.core.handle({ type: 'signal', peer: from, envelope: { peerId: to, signal } }, this.nowMs);
  }

  report(peer: PeerId | undefined, change: Partial<PeerReport>): TrackerOutput[] {
    assert.ok(peer);
    return this.core.handle({ type: 'report', peer, report: { ...EMPTY_REPORT, ...change } }, this.nowMs);
  }

  leave(peer: PeerId): TrackerOutput[] {
    return this.core.handle({ type: 'leave', peer }, this.nowMs);
  }

  disconnect(peer: PeerId): TrackerOutput[] {
    return this.core.handle({ type: 'disconnected', peer }, this.nowMs);
  }
}

export function introductionsTo(outputs: readonly TrackerOutput[], peer: PeerId): readonly Introduction[] {
  return outputs.flatMap((output) => (output.type === 'introduce' && output.peer === peer ? output.introductions : []));
}
