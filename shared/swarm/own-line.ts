import type { EngineContext } from './engine-context.ts';
import type { Link } from './link.ts';

/** Nobody is asked again before it has answered, or not answered for so long. */
const PONG_TIMEOUT_MS = 5000;
/** A packet that delays round trips by less than this says no rate: so much is chance. */
const CALM_MS = 80;
/** Neighbours that must tell the same, while a line is tried out and otherwise. Fewer: where upload is short their own lines are late. */
const WITNESSES_OF_TRIAL = 4;
const WITNESSES = 3;
/** Who answers later than this answers never: the next packet is another trial. */
const TRIAL_MS_MAX = 2000;
/** A line is full when so many looks in a row say so: one late answer, or a busy moment of our own, is nothing. */
const LOOKS = 3;
/** A router keeps so much before a thin line that is full. */
const FULL_LINE_MS = 1500;
/** We were late ourselves: what else was late says nothing. */
const LATE_LOOK_MS = 100;
/** So many times what is thin bears the swarm; and so many times, all that could be asked of it at first. */
const BEARABLE = 2;
const STOUT = 4;

/**
 * Whether our own line bears the swarm. What delays the answers of several neighbours alike is the queue before it: to receive costs
 * acknowledgements, and a first child may be more than a thin line carries. So a line is tried out with one child and one packet; how
 * long that delays the pings sent behind it is what the line carries. One that is full with the trial, or with receiving alone,
 * rests: its owner is fed by the server until it tries again (docs/ALGORITHM.md 6).
 */
export class OwnLine {
  private readonly context: EngineContext;
  private proven: boolean;
  /** Of the trial: when its first packet left, and how much left with it. */
  private triedMs = Number.POSITIVE_INFINITY;
  private triedBytes = 0;
  private shownBytesPerSecond: number | undefined;
  private restUntilMs = Number.NEGATIVE_INFINITY;
  private restMs: number;
  private fullLooks = 0;
  private lookAtMs = Number.POSITIVE_INFINITY;

  constructor(context: EngineContext) {
    this.context = context;
    this.restMs = context.config.restMs;
    // A seeder's line is the operator's business.
    this.proven = context.role === 'seeder';
  }

  /** A trial has shown what it carries. */
  get isProven(): boolean {
    return this.proven;
  }

  /** A packet is out, and nothing has shown yet what it did to the line. */
  get isOnTrial(): boolean {
    return !this.proven && this.triedMs <= this.context.nowMs;
  }

  /** The swarm would cost it more than it brings: until the next attempt the server feeds us alone. */
  get isResting(): boolean {
    return this.context.nowMs < this.restUntilMs;
  }

  /** It seems full, and has never shown that it bears anything: one request gets through, many do not. */
  get isDoubtful(): boolean {
    return !this.proven && this.fullLooks > 0;
  }

  /** At several looks in a row. */
  get isFull(): boolean {
    return this.fullLooks >= LOOKS;
  }

  /** What the trial has shown, once: bytes/s; undefined: no need to believe less than before. */
  takeShown(): number | undefined {
    const shown = this.shownBytesPerSecond;
    this.shownBytesPerSecond = undefined;
    return shown;
  }

  noteSent(bytes: number): void {
    const { nowMs, timers } = this.context;
    if (this.proven || this.triedMs < nowMs) return;
    if (this.triedMs > nowMs) this.triedBytes = 0;
    this.triedMs = nowMs;
    this.triedBytes += bytes;
    // Behind the packet, not before it.
    timers.setSooner('ping', nowMs + 1);
  }

  rest(): void {
    const { config, nowMs } = this.context;
    if (this.proven) this.restMs = config.restMs;
    this.restUntilMs = nowMs + this.restMs;
    this.restMs = Math.min(config.restMsMax, this.restMs * 2);
    this.proven = false;
    this.fullLooks = 0;
    this.triedMs = Number.POSITIVE_INFINITY;
    // What waits before the line now is in the way of the request for everything.
    this.context.queueMs = Math.max(this.context.queueMs, FULL_LINE_MS);
  }

  /** Sees what round trips tell, or links that will not be made (`isStuck`), and names who is pinged now: one link after the other, so that many cost no more than few. */
  look(isStuck: boolean): readonly Link[] {
    const { config, links, nowMs, timers } = this.context;
    const isLate = nowMs - this.lookAtMs > LATE_LOOK_MS;
    const isTrying = this.isOnTrial && links.size > 0;
    this.lookAtMs = nowMs + (isTrying ? config.trialPingMs : config.pingIntervalMs);
    timers.set('ping', this.lookAtMs);
    const latest = [...links.list].sort((one, other) => other.pingSentMs - one.pingSentMs);
    const behind = latest.filter(({ pingSentMs }) => pingSentMs > this.triedMs);
    if (isTrying) this.note(this.queueMs(behind.slice(-WITNESSES_OF_TRIAL), WITNESSES_OF_TRIAL), isLate);
    else this.note(isStuck ? Number.POSITIVE_INFINITY : this.queueMs(latest, WITNESSES), isLate);
    if (isTrying) this.judge(behind.slice(-WITNESSES_OF_TRIAL));
    if (isTrying) return behind.length === 0 ? latest.slice(-WITNESSES_OF_TRIAL) : [];
    return latest.filter((link) => hasAnswered(link) || nowMs - link.pingSentMs > PONG_TIMEOUT_MS).slice(-1);
  }

  private note(queueMs: number | undefined, isLate: boolean): void {
    const { context } = this;
    if (isLate) this.fullLooks = 0;
    else if (queueMs !== undefined) this.fullLooks = queueMs > this.fullQueueMs ? this.fullLooks + 1 : 0;
    // A little always waits before a line that is used well, and hurries nobody. Where nothing is known what waited leaves.
    if (queueMs === undefined || queueMs === Number.POSITIVE_INFINITY)
      context.queueMs = Math.max(0, context.queueMs - context.config.pingIntervalMs);
    else context.queueMs = queueMs > CALM_MS ? queueMs : 0;
  }

  /** No answer is sooner than our queue allows: one that is in time is enough, and else the least of all. */
  private judge(witnesses: readonly Link[]): void {
    const answered = witnesses.filter(hasAnswered);
    if (answered.length === 0 && this.context.nowMs - this.triedMs <= TRIAL_MS_MAX) return;
    const queueMs = Math.min(...answered.map((link) => link.swellMs(this.context.nowMs) ?? Number.POSITIVE_INFINITY));
    const isOver = answered.length === witnesses.length || this.context.nowMs - this.triedMs > TRIAL_MS_MAX;
    if (queueMs > CALM_MS && !isOver) return;
    this.triedMs = Number.POSITIVE_INFINITY;
    if (queueMs > this.fullQueueMs) return;
    this.proven = true;
    const shown = (this.triedBytes * 1000) / Math.max(1, queueMs);
    // What else waited, links being made above all, is in it too: of a line that is not thin the first children tell more.
    if (queueMs > CALM_MS && shown < this.stoutBytesPerSecond) this.shownBytesPerSecond = shown;
  }

  /** What delays the answers of these alike; undefined: too few have answered, or should have. */
  private queueMs(latest: readonly Link[], count: number): number | undefined {
    const { nowMs, links } = this.context;
    const told = latest.filter((link) => link.swellMs(nowMs) !== undefined);
    const needed = Math.min(count, links.size);
    if (needed === 0 || told.length < needed) return undefined;
    const witnesses = told.slice(0, needed);
    const queueMs = Math.min(...witnesses.map((link) => link.swellMs(nowMs) ?? 0));
    // One viewer alone may be late by its own line.
    const isOurs = queueMs <= CALM_MS || witnesses.length > 1 || witnesses[0]?.role === 'seeder';
    return isOurs ? queueMs : undefined;
  }

  /** Large packets take their time on lines that are not thin. */
  private get fullQueueMs(): number {
    const { config, clock } = this.context;
    const bearable = config.thinUplinkBytesPerSecond * BEARABLE;
    return Math.max(config.fullQueueMs, (clock.packetBytesMean * 1000) / bearable);
  }

  private get stoutBytesPerSecond(): number {
    return this.context.config.thinUplinkBytesPerSecond * STOUT;
  }
}

function hasAnswered({ pingToken }: Link): boolean {
  return pingToken === undefined;
}
