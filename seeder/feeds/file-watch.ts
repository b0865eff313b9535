import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock } from '../clock.ts';

/**
 * Tells when a file may have changed: at once where the system reports it, and every `pollMs` in any case, for network
 * drives and for systems that report nothing. The folder is watched, not the file, so that a file that is replaced or not
 * there yet is noticed too.
 */
export class FileWatch {
  private readonly clock: Clock;
  private readonly pollMs: number;
  private watcher: FSWatcher | undefined;
  private hasChanged = false;
  private wake: (() => void) | undefined;

  constructor(path: string, pollMs: number, clock: Clock) {
    this.clock = clock;
    this.pollMs = pollMs;
    const name = basename(path);
    try {
      this.watcher = watch(dirname(path), { persistent: false }, (_event, changed) => {
        if (changed !== null && changed !== name) return;
        this.hasChanged = true;
        this.wake?.();
      });
      // Polling goes on.
      this.watcher.on('error', () => this.watcher?.close());
    } catch {
      this.watcher = undefined; // the folder is not there yet, or the system is out of watches
    }
  }

  /** Waits for a change since the last wait, or for the next poll. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        this.wake = undefined;
        this.hasChanged = false;
        settle();
      };
      const onAbort = (): void => finish(() => reject(signal.reason));
      const cancel = this.clock.after(this.pollMs, () => finish(resolve));
      this.wake = () => finish(resolve);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      else if (this.hasChanged) finish(resolve);
    });
  }

  close(): void {
    this.watcher?.close();
  }
}
