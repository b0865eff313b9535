import type { EngineOutput } from '../swarm/engine-types.ts';

const TYPE_NUMBERS: Readonly<Record<EngineOutput['type'], number>> = {
  send: 1,
  connect: 2,
  disconnect: 3,
  verify: 4,
  deliver: 5,
  fetch: 6,
  'server-stream': 7,
  'ask-tracker': 8,
  report: 9,
  banned: 10,
  'epoch-unknown': 11,
};

/** Everything that every engine ordered, when and of whom, in two numbers: two runs with the same one were the same run. */
export class TraceHash {
  private high = 0x811c9dc5;
  private low = 0x2f0b4c47;

  add(atMs: number, peer: number, type: EngineOutput['type'], target: number, size: number): void {
    this.mix(atMs);
    this.mix(peer);
    this.mix((TYPE_NUMBERS[type] << 20) ^ size);
    this.mix(target);
  }

  get text(): string {
    return hex(this.high) + hex(this.low);
  }

  private mix(value: number): void {
    this.high = Math.imul(this.high ^ value, 0x01000193);
    this.high ^= this.high >>> 15;
    this.low = Math.imul(this.low + value, 0x85ebca6b);
    this.low ^= this.low >>> 13;
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
