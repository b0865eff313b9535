import { SwarmtubeError } from '../basics/errors.ts';

/** Lets a few through at a time and keeps the others waiting in line, but not too many of them. */
export class Turnstile {
  private readonly insideMax: number;
  private readonly waitingMax: number;
  private inside = 0;
  private readonly waiting: { readonly enter: () => void; readonly refuse: (error: SwarmtubeError) => void }[] = [];
  private isClosed = false;

  constructor(insideMax: number, waitingMax: number) {
    this.insideMax = insideMax;
    this.waitingMax = waitingMax;
  }

  /** Runs the work when its turn has come. Rejects at once where the line is full, and for all who wait when it closes. */
  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  close(): void {
    this.isClosed = true;
    for (const { refuse } of this.waiting.splice(0)) refuse(closedError());
  }

  private async enter(): Promise<void> {
    if (this.isClosed) throw closedError();
    if (this.inside < this.insideMax) {
      this.inside++;
      return;
    }
    if (this.waiting.length >= this.waitingMax) {
      throw new SwarmtubeError('too-many-waiting', `${this.waitingMax} requests are waiting already`);
    }
    await new Promise<void>((enter, refuse) => this.waiting.push({ enter, refuse }));
  }

  private leave(): void {
    const next = this.waiting.shift();
    // The place is handed over, not given up: nobody slips in before the one who waited.
    if (next === undefined) this.inside--;
    else next.enter();
  }
}

function closedError(): SwarmtubeError {
  return new SwarmtubeError('closed', 'closed before its turn came');
}
