import type { WakeupTimer } from '../ports.ts';
import { TimeoutTimer } from '../timeout-timer.ts';

/**
 * One timer in a worker: browsers throttle those of a hidden page to one a second, then one a minute, but not a worker's.
 * Messages are lists, since the build shortens names of properties everywhere but in this text.
 */
const WORKER_SCRIPT = `let timer;
onmessage = ({ data: [id, delayMs] }) => {
  clearTimeout(timer);
  timer = setTimeout(() => postMessage(id), delayMs);
};`;

/** The same for all timers of a page, for as long as there is a page. */
let scriptUrl: string | undefined;

/** Later than this is no busy page but a throttled one, such as a frame of another origin that was scrolled out of sight. */
const THROTTLED_FROM_MS = 400;

/**
 * A wakeup that goes on in a hidden tab. In a page in sight it is a `setTimeout`, which costs a tenth of the CPU of a message
 * from a worker; so it is everywhere if the page's policy forbids workers from a Blob.
 */
export function createBrowserTimer(): WakeupTimer {
  return new BrowserTimer();
}

class BrowserTimer implements WakeupTimer {
  private readonly timeout = new TimeoutTimer();
  /** Made when it is first needed; null: refused. */
  private worker: Worker | null | undefined;
  private pending: { readonly wakeup: () => void; readonly dueAtMs: number } | undefined;
  private isThrottled = false;
  /** Tells a wakeup that was on its way when another was scheduled. */
  private id = 0;

  constructor() {
    document.addEventListener('visibilitychange', this.onVisibility);
    this.onVisibility();
  }

  schedule(delayMs: number, wakeup: () => void): void {
    this.pending = { wakeup, dueAtMs: performance.now() + delayMs };
    this.arm();
  }

  cancel(): void {
    this.pending = undefined;
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.cancel();
    this.timeout.close();
    this.worker?.terminate();
  }

  private arm(): void {
    if (this.pending === undefined) return;
    const delayMs = Math.max(0, this.pending.dueAtMs - performance.now());
    const id = ++this.id;
    if (this.isThrottled && this.worker === undefined) this.worker = this.openWorker();
    if (this.isThrottled && this.worker) this.worker.postMessage([id, delayMs]);
    else this.timeout.schedule(delayMs, () => this.fire(id));
  }

  private fire(id: number): void {
    const { pending } = this;
    if (id !== this.id || pending === undefined) return;
    this.pending = undefined;
    if (performance.now() - pending.dueAtMs > THROTTLED_FROM_MS) this.isThrottled = true;
    pending.wakeup();
  }

  private readonly onVisibility = (): void => {
    this.isThrottled = document.visibilityState === 'hidden';
    this.arm();
  };

  private openWorker(): Worker | null {
    scriptUrl ??= URL.createObjectURL(new Blob([WORKER_SCRIPT], { type: 'text/javascript' }));
    try {
      const worker = new Worker(scriptUrl);
      worker.onmessage = ({ data }: MessageEvent<number>) => this.fire(data);
      // Refused later: Chromium under a policy without worker-src blob:
      worker.onerror = () => {
        this.worker = null;
        this.arm();
      };
      return worker;
    } catch {
      return null; // refused at once: Firefox and Safari under such a policy
    }
  }
}
