import { SwarmtubeError } from '../../shared/basics/errors.ts';
import type { Fragment, TrackKind } from '../../shared/fmp4/fragment.ts';
import type { TimeRange } from '../playback/gap-rule.ts';
import { AppendQueue } from './append-queue.ts';
import { isManaged, mediaSourceClass } from './media-source.ts';

type MediaFragment = Extract<Fragment, { kind: 'media' }>;
type InitFragment = Extract<Fragment, { kind: 'init' }>;

/** The tracks for which fragments will come. */
export type ExpectedTracks = { readonly video: boolean; readonly audio: boolean };

export type MediaSinkEvents = {
  onAppended(): void;
  /** Nothing more can be appended here; a new sink has to be made. */
  onFailed(reason: string): void;
};

/** Browsers refuse a SourceBuffer more once the first init segment was read, so all tracks are waited for, this long. */
const TRACK_WAIT_MS = 1_200;
/** Fragments that wait for the MediaSource to open. */
const WAITING_MAX = 2_000;
/** Eviction in small steps costs more than it frees. */
const EVICTION_STEP_SECONDS = 10;
/** A managed source that asks for a pause is still given this much ahead, so that live goes on. */
const PAUSED_AHEAD_SECONDS = 4;

/**
 * Feeds fragments to a video element: one MediaSource, a SourceBuffer a track. Audio and video are apart, because in a
 * common buffer a change of audio makes the browser wait for the next video keyframe (docs/COMPATIBILITY.md 6).
 *
 *   waiting for tracks ──all there, or time over──► open ──end()──► ended (and open again with the next fragment)
 */
export class MediaSink {
  private readonly video: HTMLVideoElement;
  private readonly events: MediaSinkEvents;
  private readonly source: MediaSource;
  private readonly url: string;
  private readonly queues = new Map<TrackKind, AppendQueue>();
  private waiting: (MediaFragment | InitFragment)[] = [];
  private expected: ExpectedTracks = { video: false, audio: false };
  private lastAppendMs = 0;
  private firstInitMs: number | undefined;
  private isOpen = false;
  private isEnding = false;
  private isClosed = false;
  private isPausedByBrowser = false;

  /** Takes the element over. Throws `SwarmtubeError` 'no-mse' where the browser cannot be fed. */
  constructor(video: HTMLVideoElement, events: MediaSinkEvents) {
    const Source = mediaSourceClass();
    if (Source === undefined) {
      throw new SwarmtubeError('no-mse', 'This browser has no Media Source Extensions: use a current one.');
    }
    this.video = video;
    this.events = events;
    this.source = new Source();
    if (isManaged(this.source)) {
      // AirPlay needs a second, plain source; without this line a managed source never opens.
      video.disableRemotePlayback = true;
      this.source.addEventListener('startstreaming', () => this.setPausedByBrowser(false));
      this.source.addEventListener('endstreaming', () => this.setPausedByBrowser(true));
    }
    this.source.addEventListener('sourceopen', this.onSourceOpen, { once: true });
    this.url = URL.createObjectURL(this.source);
    video.src = this.url;
  }

  append(fragments: readonly Fragment[], expected: ExpectedTracks, nowMs: number): void {
    if (this.isClosed) return;
    this.expected = expected;
    this.lastAppendMs = nowMs;
    for (const fragment of fragments) {
      if (fragment.kind === 'unsupported') continue;
      if (fragment.kind === 'init') this.firstInitMs ??= nowMs;
      if (this.queues.size > 0 && !this.isHeldBack()) this.pass(fragment);
      else if (this.waiting.push(fragment) > WAITING_MAX) this.waiting.shift();
    }
    if (this.queues.size === 0) this.openTracks();
    else this.passWaiting();
    this.checkTracks();
  }

  /** What can be played, in seconds: the intersection of both tracks, as the element sees it. */
  ranges(): TimeRange[] {
    const { buffered } = this.video;
    const ranges: TimeRange[] = [];
    for (let index = 0; index < buffered.length; index++) {
      ranges.push({ start: buffered.start(index), end: buffered.end(index) });
    }
    return ranges;
  }

  /** Throws out what lies further behind the play head than this. */
  keepBehind(seconds: number): void {
    const end = this.video.currentTime - seconds;
    const first = this.ranges()[0];
    if (first === undefined || first.start > end - EVICTION_STEP_SECONDS) return;
    for (const queue of this.queues.values()) queue.remove(0, end);
  }

  /** The broadcast is over: what is buffered is played to its end. A fragment that comes after all opens it again. */
  end(): void {
    this.isEnding = true;
    this.finishEnd();
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const queue of this.queues.values()) queue.close();
    this.waiting = [];
    URL.revokeObjectURL(this.url);
    if (this.video.src === this.url) {
      this.video.removeAttribute('src');
      this.video.load();
    }
  }

  private readonly onSourceOpen = (): void => {
    this.isOpen = true;
    this.source.duration = Number.POSITIVE_INFINITY;
    this.openTracks();
  };

  private openTracks(): void {
    if (!this.isOpen || this.isClosed || this.firstInitMs === undefined) return;
    const { expected } = this;
    const inits = new Map<TrackKind, string>();
    for (const fragment of this.waiting) {
      if (fragment.kind === 'init' && !inits.has(fragment.track)) inits.set(fragment.track, fragment.mimeType);
    }
    const isMissing = (expected.video && !inits.has('video')) || (expected.audio && !inits.has('audio'));
    if (isMissing && this.lastAppendMs - this.firstInitMs < TRACK_WAIT_MS) return;
    for (const [track, mimeType] of inits) this.addTrack(track, mimeType);
    this.passWaiting();
  }

  private addTrack(track: TrackKind, mimeType: string): void {
    const queue = new AppendQueue(this.source.addSourceBuffer(mimeType), mimeType, {
      playHead: () => this.video.currentTime,
      onAppended: () => {
        this.finishEnd();
        this.events.onAppended();
      },
      onFailed: (reason) => this.fail(`${track}: ${reason}`),
    });
    this.queues.set(track, queue);
  }

  private pass(fragment: MediaFragment | InitFragment): void {
    this.isEnding = false;
    const queue = this.queues.get(fragment.track);
    if (queue === undefined) {
      // A track that nobody expected: only a new MediaSource can take it.
      if (fragment.kind === 'init') this.fail(`${fragment.track} added`);
      return;
    }
    if (fragment.kind === 'init') queue.configure(fragment.mimeType, fragment.bytes);
    else queue.append(fragment.bytes, fragment.startMs / 1000, fragment.endMs / 1000);
  }

  /** A track that ended for good would hold up the other one for ever. */
  private checkTracks(): void {
    for (const track of this.queues.keys()) {
      if (!this.expected[track]) this.fail(`${track} gone`);
    }
  }

  private passWaiting(): void {
    if (this.isHeldBack()) return;
    const { waiting } = this;
    this.waiting = [];
    for (const fragment of waiting) this.pass(fragment);
  }

  private isHeldBack(): boolean {
    if (!this.isPausedByBrowser) return false;
    const end = this.ranges().at(-1)?.end ?? 0;
    return end - this.video.currentTime > PAUSED_AHEAD_SECONDS;
  }

  private setPausedByBrowser(isPaused: boolean): void {
    this.isPausedByBrowser = isPaused;
    if (this.queues.size > 0) this.passWaiting();
  }

  private finishEnd(): void {
    if (!this.isEnding || this.isClosed || this.source.readyState !== 'open' || this.queues.size === 0) return;
    if ([...this.queues.values()].every((queue) => queue.isIdle)) this.source.endOfStream();
  }

  private fail(reason: string): void {
    if (this.isClosed) return;
    // The element keeps its last picture until the next sink takes it over.
    this.isClosed = true;
    for (const queue of this.queues.values()) queue.close();
    URL.revokeObjectURL(this.url);
    this.events.onFailed(reason);
  }
}
