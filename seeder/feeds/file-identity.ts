import { open } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { FileWatch } from './file-watch.ts';

/** Where the system does not report changes. */
const POLL_MS = 1000;
/** An FLV header and the metadata that follows it, where length and date of a file stand. */
const HEAD_BYTES = 512;

/**
 * Which file stands under a path: so that one that could not be read is read again as soon as another takes its place.
 * Told by its number and its first bytes, so that one that only grows stays what it was.
 */
export class FileIdentity {
  private readonly path: string;
  private noted = '';

  constructor(path: string) {
    this.path = path;
  }

  /** The file that is there now is the one that is read. */
  async note(): Promise<void> {
    this.noted = await this.read();
  }

  /** Returns when another file is there. Throws the signal's reason. */
  async changed(clock: Clock, signal: AbortSignal): Promise<void> {
    const watch = new FileWatch(this.path, POLL_MS, clock);
    try {
      while ((await this.read()) === this.noted) await watch.wait(signal);
    } finally {
      watch.close();
    }
  }

  private async read(): Promise<string> {
    try {
      const file = await open(this.path, 'r');
      try {
        const { dev, ino } = await file.stat({ bigint: true });
        const { bytesRead, buffer } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
        return `${dev} ${ino} ${Buffer.from(buffer.subarray(0, bytesRead)).toString('latin1')}`;
      } finally {
        await file.close();
      }
    } catch (thrown) {
      return String((thrown as NodeJS.ErrnoException).code);
    }
  }
}
