import type { Epoch } from '../basics/units.ts';
import type { EngineContext } from './engine-context.ts';

/** The description is read again no more often than this, whatever peers say. */
const TELL_INTERVAL_MS = 2000;
/** Epochs that are over, remembered so that a straggler does not look like news. */
const LEFT_MAX = 16;

/** Other epochs than ours, as neighbours name them: a new one is told to the driver, who asks the server what is true. */
export class EpochWatch {
  private readonly context: EngineContext;
  private readonly past: Epoch[] = [];
  private toldMs = Number.NEGATIVE_INFINITY;

  constructor(context: EngineContext) {
    this.context = context;
  }

  left(epoch: Epoch | undefined): void {
    if (epoch === undefined) return;
    this.past.push(epoch);
    if (this.past.length > LEFT_MAX) this.past.shift();
  }

  seen(epoch: Epoch | undefined): void {
    const { context } = this;
    if (epoch === undefined || context.epoch === undefined || epoch === context.epoch) return;
    if (context.role === 'seeder' || this.past.includes(epoch)) return;
    if (context.nowMs - this.toldMs < TELL_INTERVAL_MS) return;
    this.toldMs = context.nowMs;
    context.outputs.push({ type: 'epoch-unknown', epoch });
  }
}
