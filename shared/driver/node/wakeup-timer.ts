import type { WakeupTimer } from '../ports.ts';
import { TimeoutTimer } from '../timeout-timer.ts';

/** Node's timers are never throttled. */
export function createNodeTimer(): WakeupTimer {
  return new TimeoutTimer();
}
