import { SwarmtubeError } from '../shared/basics/errors.ts';
import { browserSupport, unsupportedCodecAdvice } from '../shared/tags/codec-support.ts';
import { ConfigurationStore } from '../shared/tags/configuration-store.ts';
import { type Fault, FaultLog } from '../shared/tags/faults.ts';
import { FlvTagReader } from '../shared/tags/flv-tag-reader.ts';
import { InBandConfiguration } from '../shared/tags/in-band-configuration.ts';
import type { Tag } from '../shared/tags/tag.ts';
import { readTagContents, type TagContent } from '../shared/tags/tag-contents.ts';
import { Timeline } from '../shared/tags/timeline.ts';
import { type ObservedTrack, TrackObserver } from '../shared/tags/track-observer.ts';

/** What `swarmtube inspect --json` prints. */
export type Inspection = {
  readonly container: 'flv';
  /** Of the media, jumps closed up, ms. */
  readonly durationMs: number;
  readonly tracks: readonly InspectedTrack[];
  readonly faults: readonly Fault[];
};

export type InspectedTrack = {
  readonly id: number;
  readonly type: 'video' | 'audio' | 'data';
  readonly codec: string;
  readonly width?: number;
  readonly height?: number;
  readonly sampleRate?: number;
  readonly channels?: number;
  readonly frames: number;
  /** Of video only. */
  readonly keyframes?: number;
  /** As the feed counts them; null where a track has a configuration and no frames. */
  readonly firstDtsMs: number | null;
  readonly lastDtsMs: number | null;
  /** Of the payload, bit/s. */
  readonly bitrate: number;
};

export type InspectLimits = {
  /** Stop after this much of the feed, bytes: an endless one would never be told about. Default: read to the end. */
  readonly bytesMax?: number;
  /** Stop after this much media, ms. */
  readonly mediaMsMax?: number;
};

/**
 * Reads a feed and tells what is in it and what is wrong with it. Ends with the feed or at a limit, and then returns the iterator.
 * Throws a `SwarmtubeError` where nothing can be read; its sentence is the reason to show.
 */
export async function inspectSource(
  source: AsyncIterable<Uint8Array>,
  limits: InspectLimits = {},
): Promise<Inspection> {
  const reader = new FlvTagReader();
  const inspector = new Inspector();
  let bytes = 0;
  let isCutShort = false;
  for await (const piece of source) {
    bytes += piece.byteLength;
    for (const event of reader.read(piece)) {
      if (event.type === 'tag') inspector.observe(event.tag);
      else inspector.restart();
    }
    isCutShort = bytes >= (limits.bytesMax ?? Infinity) || inspector.durationMs >= (limits.mediaMsMax ?? Infinity);
    if (isCutShort) break;
  }
  if (!isCutShort) for (const tag of reader.end()) inspector.observe(tag);
  inspector.compareClaims(reader.claims);
  return inspector.result(reader.faults);
}

/** A longer step of one track's time is told: viewers would see it as a pause. */
const GAP_MS = 1_000;
/** Viewers can begin only at a keyframe: a longer distance makes them wait, and the swarm's start-up dear. */
const KEYFRAME_DISTANCE_MS_MAX = 10_000;

/** Gathers what `inspectSource` tells, one tag after another. */
class Inspector {
  private readonly observer = new TrackObserver();
  private readonly timeline = new Timeline();
  private readonly configurations = new ConfigurationStore();
  private readonly inBand = new InBandConfiguration();
  private readonly log = new FaultLog();
  private readonly lastRawMs = new Map<string, number>();
  private lastKeyframeMs: number | undefined;

  get durationMs(): number {
    return this.timeline.newestMs;
  }

  observe(tag: Tag): void {
    const contents = readTagContents(tag);
    this.observer.observe(tag, contents);
    this.observeConfiguration(tag, contents);
    this.observeInBand(tag, contents);
    const placed = this.timeline.place(tag, contents);
    for (const content of contents) this.observeContent(content, tag, placed.tag.timestampMs);
    if (tag.kind === 'video' && tag.body.byteLength === 0) {
      this.log.report('empty-tag', tag.timestampMs, () => 'A video tag has no body.');
    }
  }

  restart(): void {
    this.timeline.restart();
    this.inBand.reset();
    this.lastRawMs.clear();
  }

  /** The header's flags often lie: told, because players other than ours believe them. */
  compareClaims(claims: { readonly hasAudio: boolean; readonly hasVideo: boolean } | undefined): void {
    for (const type of ['audio', 'video'] as const) {
      const isClaimed = type === 'audio' ? claims?.hasAudio : claims?.hasVideo;
      const isThere = this.observer.tracks().some((track) => track.type === type);
      if (isClaimed === isThere || isClaimed === undefined) continue;
      const text = isClaimed ? `promises ${type} that never comes` : `does not tell of the ${type} that comes`;
      this.log.report('header-flags', 0, () => `The FLV header ${text}.`);
    }
  }

  result(readerFaults: readonly Fault[]): Inspection {
    const observed = this.observer.observed();
    if (observed.every(({ description }) => description.type === 'data')) {
      throw new SwarmtubeError('no-tracks', 'There is neither audio nor video in this FLV that could be read.');
    }
    return {
      container: 'flv',
      durationMs: this.durationMs,
      tracks: observed.map((track) => inspectedTrack(track, this.durationMs)),
      faults: [...readerFaults, ...this.log.faults],
    };
  }

  private observeConfiguration(tag: Tag, contents: readonly TagContent[]): void {
    const isMetadata = tag.kind === 'data' || contents.every(({ role }) => role === 'video-metadata');
    const change = this.configurations.observe(tag, contents);
    if (isMetadata || contents.length === 0) return;
    if (change === 'changed') {
      this.log.report(
        'configuration-changed',
        tag.timestampMs,
        () => `The ${tag.kind} configuration changes in mid-stream.`,
      );
    } else if (change === 'repeated') {
      this.log.report(
        'configuration-repeated',
        tag.timestampMs,
        () => `The ${tag.kind} configuration is only repeated.`,
      );
    }
  }

  private observeInBand(tag: Tag, contents: readonly TagContent[]): void {
    const { tags, finding } = this.inBand.refine(tag, contents);
    if (finding === undefined) return;
    this.log.report('configuration-in-band', tag.timestampMs, () => finding.text);
    // The size and codec that viewers are given.
    for (const made of tags) if (made !== tag) this.observer.observe(made);
  }

  private observeContent(content: TagContent, tag: Tag, placedMs: number): void {
    if (content.role !== 'video-frame' && content.role !== 'audio-frame') return;
    const { codec, trackId } = content;
    if (browserSupport(codec) !== 'most') {
      this.log.report(`unsupported-${tag.kind}-codec`, tag.timestampMs, () => unsupportedCodecAdvice(codec));
    }
    if (
      needsConfiguration(codec) &&
      this.configurations.configuration(tag.kind === 'video' ? 'video' : 'audio', trackId) === undefined
    ) {
      this.log.report(
        `no-${tag.kind}-configuration`,
        tag.timestampMs,
        () => `${codec} frames come before their configuration.`,
      );
    }
    this.observeTime(tag, trackId);
    if (content.role === 'video-frame' && trackId === 0) this.observeKeyframe(content.isKeyframe, tag, placedMs);
  }

  private observeTime(tag: Tag, trackId: number): void {
    const key = `${tag.kind} ${trackId}`;
    const last = this.lastRawMs.get(key);
    this.lastRawMs.set(key, tag.timestampMs);
    if (last === undefined) return;
    const step = tag.timestampMs - last;
    if (step > GAP_MS) {
      this.log.report(
        'timestamp-gap',
        last,
        () => `The time of ${tag.kind} jumps from ${last} to ${tag.timestampMs} ms.`,
      );
    } else if (step < 0) {
      this.log.report(
        'timestamp-backwards',
        last,
        () => `The time of ${tag.kind} goes back from ${last} to ${tag.timestampMs} ms.`,
      );
    }
  }

  private observeKeyframe(isKeyframe: boolean, tag: Tag, placedMs: number): void {
    if (!isKeyframe && this.lastKeyframeMs === undefined) {
      this.log.report('no-keyframe-first', tag.timestampMs, () => 'The video does not begin with a keyframe.');
      this.lastKeyframeMs = placedMs;
    }
    if (!isKeyframe) return;
    const distanceMs = placedMs - (this.lastKeyframeMs ?? placedMs);
    if (distanceMs > KEYFRAME_DISTANCE_MS_MAX) {
      this.log.report(
        'keyframe-distance',
        tag.timestampMs,
        () => `Keyframes are ${distanceMs} ms apart; 2,000 ms suit live video.`,
      );
    }
    this.lastKeyframeMs = placedMs;
  }
}

function needsConfiguration(codec: string): boolean {
  return codec === 'h264' || codec === 'hevc' || codec === 'av1' || codec === 'aac';
}

function inspectedTrack(track: ObservedTrack, durationMs: number): InspectedTrack {
  const { codecString: _, ...description } = track.description;
  return {
    ...description,
    frames: track.frames,
    ...(description.type === 'video' ? { keyframes: track.keyframes } : {}),
    firstDtsMs: track.firstDtsMs ?? null,
    lastDtsMs: track.lastDtsMs ?? null,
    bitrate: durationMs > 0 ? Math.round((track.bytes * 8000) / durationMs) : 0,
  };
}
