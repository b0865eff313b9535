export type Rate = {
  /** So many at once. */
  readonly burst: number;
  /** So many a second in the long run. */
  readonly perSecond: number;
};

/** Allows `burst` at once and `perSecond` in the long run. A clock that steps back refills nothing and does no harm. */
export class TokenBucket {
  private readonly rate: Rate;
  private tokens: number;
  private updatedMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.rate = rate;
    this.tokens = rate.burst;
    this.updatedMs = nowMs;
  }

  /** Takes `count`, or nothing where there are fewer. */
  take(nowMs: number, count = 1): boolean {
    this.refill(nowMs);
    if (this.tokens < count) return false;
    this.tokens -= count;
    return true;
  }

  /** Takes as many whole ones as there are, up to `count`; says how many. */
  takeUpTo(nowMs: number, count: number): number {
    this.refill(nowMs);
    const taken = Math.min(count, Math.floor(this.tokens));
    this.tokens -= taken;
    return taken;
  }

  isFull(nowMs: number): boolean {
    this.refill(nowMs);
    return this.tokens >= this.rate.burst;
  }

  private refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.updatedMs);
    this.tokens = Math.min(this.rate.burst, this.tokens + (elapsedMs * this.rate.perSecond) / 1000);
    this.updatedMs = nowMs;
  }
}

/** So many lines at once are an attack by themselves; whoever comes after them shares one bucket. */
const KEYS_MAX = 100_000;
const OVERFLOW_KEY = '';

/** One bucket a key. Buckets that are full again carry no memory and are swept away. */
export class KeyedRateLimit {
  private readonly rate: Rate;
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate) {
    this.rate = rate;
  }

  get size(): number {
    return this.buckets.size;
  }

  take(key: string, nowMs: number, count = 1): boolean {
    return this.bucket(key, nowMs).take(nowMs, count);
  }

  takeUpTo(key: string, nowMs: number, count: number): number {
    return this.bucket(key, nowMs).takeUpTo(nowMs, count);
  }

  sweep(nowMs: number): void {
    for (const [key, bucket] of this.buckets) {
      if (bucket.isFull(nowMs)) this.buckets.delete(key);
    }
  }

  private bucket(key: string, nowMs: number): TokenBucket {
    const known = this.buckets.get(key);
    if (known) return known;
    if (this.buckets.size >= KEYS_MAX && key !== OVERFLOW_KEY) return this.bucket(OVERFLOW_KEY, nowMs);
    const bucket = new TokenBucket(this.rate, nowMs);
    this.buckets.set(key, bucket);
    return bucket;
  }
}
