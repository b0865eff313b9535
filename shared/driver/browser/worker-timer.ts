import type { WakeupTimer } from '../ports.ts';
import { TimeoutTimer } from '../timeout-timer.ts';

/**
 * One timer in a worker: browsers throttle those of a hidden page to one a second, then one a minute, but not a worker's.
 * Messages are lists, since the build shortens names of properties everywhere but in this text.
 */
const WORKER_SCRIPT = `let timer;
onmessage = ({ data: [id, delayMs] }) => {
  clearTimeout(timer);
  if (delayMs >= 0) timer = setTimeout(() => postMessage(id), delayMs);
};`;

/** A wakeup that goes on in a hidden tab; by `setTimeout` where the page's policy forbids workers from a Blob. */
export function createBrowserTimer(): WakeupTimer {
  return new WorkerTimer();
}

class WorkerTimer implements WakeupTimer {
  private worker: Worker | undefined;
  private readonly fallback = new TimeoutTimer();
  private pending: { readonly wakeup: () => void; readonly dueAtMs: number } | undefined;
  private readonly scriptUrl: string;
  /** Tells a wakeup that was on its way when another was scheduled. */
  private id = 0;

  constructor() {
    this.scriptUrl = URL.createObjectURL(new Blob([WORKER_SCRIPT], { type: 'text/javascript' }));
    try {
      this.worker = new Worker(this.scriptUrl);
      this.worker.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (data === this.id) this.fire();
      };
      this.worker.onerror = () => this.fallBack(); // refused later: Chromium under a policy without worker-src blob:
    } catch {
      this.fallBack(); // refused at once: Firefox and Safari under such a policy
    }
  }

  schedule(delayMs: number, wakeup: () => void): void {
    this.pending = { wakeup, dueAtMs: performance.now() + delayMs };
    this.id++;
    if (this.worker === undefined) this.fallback.schedule(delayMs, () => this.fire());
    else this.worker.postMessage([this.id, Math.max(0, delayMs)]);
  }

  cancel(): void {
    this.pending = undefined;
    this.id++;
    this.fallback.cancel();
    this.worker?.postMessage([this.id, -1]);
  }

  close(): void {
    this.pending = undefined;
    this.fallback.close();
    this.dropWorker();
  }

  private fire(): void {
    const wakeup = this.pending?.wakeup;
    this.pending = undefined;
    wakeup?.();
  }

  private fallBack(): void {
    this.dropWorker();
    if (this.pending === undefined) return;
    this.fallback.schedule(this.pending.dueAtMs - performance.now(), () => this.fire());
  }

  private dropWorker(): void {
    this.worker?.terminate();
    this.worker = undefined;
    URL.revokeObjectURL(this.scriptUrl);
  }
}
