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
/** Pings that leave later than this after the packet are behind nothing. */
const BEHIND_MS = 50;
/** A line is full when so many looks in a row say so: one late answer, or a busy moment of our own, is nothing. */
const LOOKS = 3;
/** We were late ourselves: what else was late says nothing. */
const LATE_LOOK_MS = 100;
/** A router keeps so much before a thin line that is full. More is not its queue. */
const FULL_LINE_MS = 1500;
/** So many times what is thin bears the swarm; and so many times, all that could be asked of it at first. */
const BEARABLE = 2;
const STOUT = 4;
/** Who was in the swarm for so many times its last rest is no worse than one that has never rested. */
const FORGIVEN_RESTS = 10;
/** A line that has carried the swarm's packets before is mostly bad for a while only: so long it rests at first. */
const BAD_WHILE_MS = 10_000;
/** After a rest a child mostly comes by then, if anybody needs us. */
const PROOF_MS = 10_000;
/** If none has, between two looks for a parent: the queue before a line that cannot bear them all then grows slowly. */
const FEED_MS = 2000;

/** A packet is out, and these were pinged behind it. */
type Trial = { readonly sinceMs: number; bytes: number; witnesses: readonly Link[] };

/**
 * Whether our own line bears the swarm. What delays the answers of several neighbours alike is the queue before it: to receive costs
 * acknowledgements, and a first child may be more than a thin line carries. So a line is tried out with one child and one packet; how
 * long that delays the pings sent behind it is what the line carries. One that is full with the trial, or with receiving alone,
 * rests: its owner is fed by the server until it tries again (docs/ALGORITHM.md 6).
 */
export class OwnLine {
  private readonly context: EngineContext;
  private proven: boolean;
  private trial: Trial | undefined;
  private shownBytesPerSecond: number | undefined;
  private restUntilMs = Number.NEGATIVE_INFINITY;
  private restMs = 0;
  /** Before its last rest it bore more than a thin line can. */
  private hasCarried = false;
  /** No parent is taken before. */
  private feedsAtMs = Number.NEGATIVE_INFINITY;
  private fullLooks = 0;
  private countedMs = Number.NEGATIVE_INFINITY;
  private lookAtMs = Number.POSITIVE_INFINITY;

  constructor(context: EngineContext) {
    this.context = context;
    // A seeder's line is the operator's business.
    this.proven = context.role === 'seeder';
  }

  /** A trial has shown what it carries. */
  get isProven(): boolean {
    return this.proven;
  }

  /** A packet is out, and nothing has shown yet what it did to the line. */
  get isOnTrial(): boolean {
    return this.trial !== undefined;
  }

  /** The swarm would cost it more than it brings: until the next attempt the server feeds us alone. */
  get isResting(): boolean {
    return this.context.nowMs < this.restUntilMs;
  }

  /** It had to rest, has never borne much, and has shown nothing since: mostly that was for making too many links at once. */
  get isWary(): boolean {
    return !this.proven && this.restMs > 0 && !this.hasCarried;
  }

  /** True: a parent may be asked now. After a rest sub-streams leave the server stream one by one, and at first none: this was one's turn. */
  takeTurn(): boolean {
    const { nowMs } = this.context;
    if (!this.isWary) return true;
    if (nowMs < this.feedsAtMs) return false;
    this.feedsAtMs = nowMs + FEED_MS;
    return true;
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
    if (this.proven) return;
    if (this.trial === undefined) {
      this.trial = { sinceMs: nowMs, bytes: 0, witnesses: [] };
      // Behind the packet, not before it.
      timers.setSooner('ping', nowMs + 1);
    }
    if (this.trial.sinceMs === nowMs) this.trial.bytes += bytes;
  }

  /** `hasCarried`: once it bore more than a thin line can. */
  rest(hasCarried: boolean): void {
    const { context } = this;
    this.hasCarried = hasCarried;
    const { config, nowMs } = context;
    const isForgiven = this.proven || nowMs - this.restUntilMs > this.restMs * FORGIVEN_RESTS;
    const firstMs = hasCarried ? Math.min(BAD_WHILE_MS, config.restMs) : config.restMs;
    this.restMs = isForgiven ? firstMs : Math.min(config.restMsMax, this.restMs * 2);
    this.restUntilMs = nowMs + this.restMs;
    this.feedsAtMs = this.restUntilMs + PROOF_MS;
    this.proven = false;
    this.fullLooks = 0;
    this.trial = undefined;
    // What waits before the line now is in the way of the request for everything.
    context.queueMs = FULL_LINE_MS;
  }

  /** Sees what round trips tell, or links that will not be made (`isStuck`), and names who is pinged now: one link after the
   *  other, so that many cost no more than few. */
  look(isStuck: boolean): readonly Link[] {
    const { config, links, nowMs, timers } = this.context;
    const isLate = nowMs - this.lookAtMs > LATE_LOOK_MS;
    const latest = [...links.list].sort((one, other) => other.pingSentMs - one.pingSentMs);
    if (isLate) this.forgetLook();
    else if (this.trial === undefined) this.note(isStuck ? FULL_LINE_MS : this.queueMs(latest.slice(0, WITNESSES * 2)));
    else this.judge(this.trial);
    const { trial } = this;
    this.lookAtMs = nowMs + (trial === undefined ? config.pingIntervalMs : config.trialPingMs);
    timers.set('ping', this.lookAtMs);
    if (trial === undefined)
      return latest.filter((link) => hasAnswered(link) || nowMs - link.pingSentMs > PONG_TIMEOUT_MS).slice(-1);
    if (trial.witnesses.length > 0) return [];
    trial.witnesses = latest.slice(-WITNESSES_OF_TRIAL);
    return trial.witnesses;
  }

  private forgetLook(): void {
    this.fullLooks = 0;
    this.trial = undefined;
  }

  private note(queueMs: number | undefined): void {
    const { context } = this;
    if (queueMs === undefined) {
      // Nothing is known: what waited leaves, millisecond by millisecond.
      context.queueMs = Math.max(0, context.queueMs - context.config.pingIntervalMs);
      return;
    }
    if (queueMs <= fullQueueMs(this.context)) this.fullLooks = 0;
    else if (context.nowMs - this.countedMs >= context.config.trialPingMs) {
      this.fullLooks++;
      this.countedMs = context.nowMs;
    }
    // A little always waits before a line that is used well, and hurries nobody.
    context.queueMs = queueMs > CALM_MS ? Math.min(FULL_LINE_MS, queueMs) : 0;
  }

  /** No answer is sooner than our queue allows: one that is in time is enough, and else the least of all. */
  private judge(trial: Trial): void {
    const { nowMs, links } = this.context;
    const ageMs = nowMs - trial.sinceMs;
    const witnesses = trial.witnesses.filter((link) => links.get(link.peer) === link);
    if (witnesses.length === 0) {
      if (trial.witnesses.length > 0 || ageMs > BEHIND_MS || links.size === 0) this.trial = undefined;
      return;
    }
    const answered = witnesses.filter(hasAnswered);
    const leastMs = Math.min(...answered.map((link) => link.lastSwellMs));
    const isOver = answered.length === witnesses.length || ageMs > TRIAL_MS_MAX;
    if (leastMs > CALM_MS && !isOver) {
      this.note(this.queueMs(witnesses));
      return;
    }
    this.trial = undefined;
    if (answered.length === 0 || leastMs > fullQueueMs(this.context)) return;
    this.note(leastMs);
    this.proven = true;
    const shown = (trial.bytes * 1000) / Math.max(1, leastMs);
    // What else waited, links being made above all, is in it too: of a line that is not thin the first children tell more.
    const isRate = leastMs > CALM_MS && shown < this.stoutBytesPerSecond && isOurs(answered);
    if (isRate) this.shownBytesPerSecond = shown;
  }

  /** What delays the answers of the first of these alike; undefined: too few have answered, or should have. */
  private queueMs(latest: readonly Link[]): number | undefined {
    const { nowMs, links } = this.context;
    const told = latest.filter((link) => link.swellMs(nowMs) !== undefined).slice(0, WITNESSES);
    if (told.length === 0 || told.length < Math.min(WITNESSES, links.size)) return undefined;
    const queueMs = Math.min(...told.map((link) => link.swellMs(nowMs) ?? 0));
    return queueMs <= CALM_MS || isOurs(told) ? queueMs : undefined;
  }

  private get stoutBytesPerSecond(): number {
    return this.context.config.thinUplinkBytesPerSecond * STOUT;
  }
}

/** So much before a line and it is full, ms. Large packets take their time on lines that are not thin. */
export function fullQueueMs({ config, clock }: EngineContext): number {
  const bearable = config.thinUplinkBytesPerSecond * BEARABLE;
  return Math.max(config.fullQueueMs, (clock.packetBytesMean * 1000) / bearable);
}

function hasAnswered({ pingToken }: Link): boolean {
  return pingToken === undefined;
}

/** One viewer alone may be late by its own line. */
function isOurs(witnesses: readonly Link[]): boolean {
  return witnesses.length > 1 || witnesses[0]?.role === 'seeder';
}
