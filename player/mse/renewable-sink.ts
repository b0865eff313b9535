import { SwarmtubeError } from '../../shared/basics/errors.ts';
import type { Fragment } from '../../shared/fmp4/fragment.ts';
import type { TimeRange } from '../playback/gap-rule.ts';
import { type ExpectedTracks, MediaSink } from './media-sink.ts';

export type RenewableSinkEvents = {
  onAppended(): void;
  /** The sink broke: `open` makes a new one, which must be fed from the last door on. */
  onBroken(): void;
  /** The browser can play nothing, or not this stream. */
  onHopeless(error: SwarmtubeError): void;
};

/** Sinks that break one after the other: the stream itself cannot be played. */
const FAILURES_MAX = 4;
const FAILURES_WITHIN_MS = 30_000;

/** One sink after the other in the same element. */
export class RenewableSink {
  private readonly video: HTMLVideoElement;
  private readonly events: RenewableSinkEvents;
  private sink: MediaSink | undefined;
  private failuresMs: number[] = [];

  constructor(video: HTMLVideoElement, events: RenewableSinkEvents) {
    this.video = video;
    this.events = events;
  }

  get isOpen(): boolean {
    return this.sink !== undefined;
  }

  /** A new MediaSource in the place of the one before. */
  open(): void {
    this.close();
    try {
      this.sink = new MediaSink(this.video, {
        onAppended: () => this.events.onAppended(),
        onFailed: (reason) => this.fail(reason),
      });
    } catch (thrown) {
      if (!(thrown instanceof SwarmtubeError)) throw thrown;
      this.events.onHopeless(thrown);
    }
  }

  append(fragments: readonly Fragment[], expected: ExpectedTracks, nowMs: number): void {
    this.sink?.append(fragments, expected, nowMs);
  }

  ranges(): TimeRange[] {
    return this.sink?.ranges() ?? [];
  }

  /** Where what is buffered ends; undefined while there is nothing. */
  get endSeconds(): number | undefined {
    return this.ranges().at(-1)?.end;
  }

  keepBehind(seconds: number): void {
    this.sink?.keepBehind(seconds);
  }

  end(): void {
    this.sink?.end();
  }

  close(): void {
    this.sink?.close();
    this.sink = undefined;
  }

  fail(reason: string): void {
    if (this.sink === undefined) return;
    const now = performance.now();
    this.failuresMs = this.failuresMs.filter((atMs) => now - atMs < FAILURES_WITHIN_MS);
    if (this.failuresMs.push(now) <= FAILURES_MAX) {
      this.events.onBroken();
      return;
    }
    const text = `This browser cannot play the stream (${reason}): try another browser.`;
    this.events.onHopeless(new SwarmtubeError('decode-failed', text));
  }
}
