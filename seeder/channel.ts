import { randomInt } from 'node:crypto';
import { AssertionError } from '../shared/basics/assert.ts';
import { errorText } from '../shared/basics/errors.ts';
import { type Logger, SILENT_LOGGER } from '../shared/basics/log.ts';
import type { ChannelName, Epoch, MediaMillis } from '../shared/basics/units.ts';
import { PacketLog, type PacketLogLimits } from '../shared/packets/packet-log.ts';
import { browserSupport, unsupportedCodecAdvice } from '../shared/tags/codec-support.ts';
import { ConfigurationStore, withoutSetDataFrame } from '../shared/tags/configuration-store.ts';
import { InBandConfiguration } from '../shared/tags/in-band-configuration.ts';
import { liveMetadata } from '../shared/tags/metadata.ts';
import type { Tag } from '../shared/tags/tag.ts';
import { type AudioCodec, readTagContents, type TagContent, type VideoCodec } from '../shared/tags/tag-contents.ts';
import type { ChannelDescription } from '../shared/wire/channel-description.ts';
import { BackOff } from './back-off.ts';
import { Broadcast } from './broadcast.ts';
import { BurstSmoother } from './burst-smoother.ts';
import type { ChannelStatus } from './channel-status.ts';
import { type Clock, SYSTEM_CLOCK, sleep } from './clock.ts';
import { emptyPipe, type Feed, type FeedEvent } from './feeds/feed.ts';
import { RunAhead } from './run-ahead.ts';
import type { SigningKey } from './signing-key.ts';
import { viewerNotice } from './viewer-notice.ts';

/** `text`: one sentence for a person. */
export type ChannelState = { readonly status: ChannelStatus; readonly text: string };

export type ChannelOptions = {
  readonly name: ChannelName;
  /** Shown to viewers. Default: the name. */
  readonly title?: string;
  readonly feed: Feed;
  readonly signingKey: SigningKey;
  readonly logLimits?: Partial<PacketLogLimits>;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Gives numbers in [0, 1). */
  readonly random?: () => number;
};

/** What a channel knows of itself for `/live/CHANNEL.json`; the server adds the tracker, the viewers and the time. */
export type ChannelFacts = Omit<ChannelDescription, 'tracker' | 'viewers' | 'serverTimeMs'>;

/** Silence after which viewers are told that the source is being waited for. */
const WAITING_AFTER_MS = 3000;
const SILENCE_CHECK_MS = 1000;
/** How much of the stream the bitrate is taken from. */
const BITRATE_SPAN_MS = 5000;
const NOTES_MAX = 20;
/** A source that gives media for so long works: its next failure is a new one. Some give a little each time, and never more. */
const WORKS_AFTER_MS = 5000;
/** One sentence of failure is logged so often at most, however often the source is tried. */
const REPEATED_FAILURE_MS = 60_000;
/** Pictures without a keyframe before the operator is told: 10 s at 25 a second. */
const FRAMES_HELD_TOLD = 250;
/** A shorter wait is not worth waking up for. */
const WAIT_MS_MIN = 30;
const EPOCH_END = 0x1_0000_0000;

/**
 * One channel: reads its feed, and keeps what is broadcast in its log. A feed that fails is opened again with back-off; a
 * silence ends the broadcast, and a source that then comes back begins a new epoch. Nothing that a feed does reaches
 * another channel.
 */
export class Channel {
  readonly name: ChannelName;
  readonly title: string;
  readonly log: PacketLog;
  /** 32 bytes as base64url. */
  readonly publicKey: string;
  private readonly feed: Feed;
  private readonly signingKey: SigningKey;
  private readonly logger: Logger;
  private readonly clock: Clock;
  private readonly backOff: BackOff;
  private readonly runAhead: RunAhead;
  private readonly smoother = new BurstSmoother();
  private readonly inBand = new InBandConfiguration();
  private readonly stateListeners = new Set<(state: ChannelState) => void>();
  private readonly toldCodecs = new Set<string>();
  private currentState: ChannelState;
  private broadcast: Broadcast | undefined;
  private configurations = new ConfigurationStore();
  private lastTagMs = 0;
  /** The feed is over, and what it gave is not. */
  private isPlayingOut = false;
  /** When the feed's newest reading brought its first frame. */
  private flowsSinceMs: number | undefined;
  private failure: unknown;
  private failureLogged: { readonly reason: string; readonly atMs: number } | undefined;
  private bytesMade = 0;
  /** Something to see or hear was in the log: configurations alone are no broadcast. */
  private hadDoor = false;
  private recentNotes: readonly string[] = [];
  private hasToldMissingKeyframe = false;
  private hasToldLargeTag = false;
  private hasToldBursts = false;
  private running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  constructor(options: ChannelOptions) {
    this.name = options.name;
    this.title = options.title ?? options.name;
    this.feed = options.feed;
    this.signingKey = options.signingKey;
    this.publicKey = options.signingKey.publicKeyText;
    this.log = new PacketLog(options.logLimits);
    this.logger = options.logger ?? SILENT_LOGGER;
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.backOff = new BackOff(options.random ?? Math.random);
    this.runAhead = new RunAhead(this.clock);
    this.currentState = { status: 'starting', text: `Waiting for the first picture from ${this.feed.description}.` };
    this.log.onAppend(({ header, bytes }) => {
      this.bytesMade += bytes.byteLength;
      this.hadDoor ||= header.isDoor;
      // The first door may be closed by its timer, with no tag behind it.
      if (header.isDoor && this.broadcast !== undefined && this.currentState.status !== 'waiting') this.goLive();
    });
  }

  get state(): ChannelState {
    return this.currentState;
  }

  /** What the operator should know of the feed: the newest last, at most 20. */
  get notes(): readonly string[] {
    return this.recentNotes;
  }

  /** Where it comes from, without passwords and keys. */
  get source(): string {
    return this.feed.description;
  }

  /** Nothing was ever broadcast, and nothing ever will be: its source cannot be opened again. */
  get cameToNothing(): boolean {
    return this.currentState.status === 'failed' && !this.feed.canReopen && !this.hadDoor;
  }

  /** Bytes of all packets since the start, each counted once: what copies are counted against. */
  get streamBytesTotal(): number {
    return this.bytesMade;
  }

  /** Calls at each change of state; the result takes the listener off. */
  onStateChange(listener: (state: ChannelState) => void): () => void {
    const own = (state: ChannelState): void => listener(state);
    this.stateListeners.add(own);
    return () => {
      this.stateListeners.delete(own);
    };
  }

  /** Begins to read the feed. Once. */
  start(): void {
    if (this.running !== undefined) throw new TypeError(`channel ${this.name} was started already`);
    const abort = new AbortController();
    this.running = { abort, done: this.run(abort.signal) };
    this.checkSilence(abort.signal);
  }

  /** Lets go of the feed and tells viewers that the broadcast is over. */
  async stop(): Promise<void> {
    if (this.running === undefined) return;
    this.running.abort.abort(new Error('the channel was stopped'));
    await this.running.done;
    if (!this.cameToNothing) this.endBroadcast('The broadcast was stopped.');
  }

  describe(): ChannelFacts {
    const { log } = this;
    const door = log.newestDoor()?.header;
    const isLive = this.broadcast !== undefined && log.epoch === this.broadcast.epoch;
    return {
      channel: this.name,
      title: this.title,
      live: isLive,
      epoch: isLive ? (log.epoch ?? null) : null,
      firstSequence: isLive ? (log.firstSequence ?? null) : null,
      newestSequence: isLive ? (log.newestSequence ?? null) : null,
      doorSequence: isLive ? (door?.sequence ?? null) : null,
      doorCaptureMs: isLive ? (door?.captureMs ?? null) : null,
      publicKey: this.publicKey,
      tracks: this.broadcast?.tracks ?? [],
      bitrate: isLive ? this.bitrate() : 0,
      notice: viewerNotice(this.currentState.status, this.failure, this.feed.canReopen),
    };
  }

  private async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.readFeed(signal);
        // What came at once must not be over before it can be seen.
        this.isPlayingOut = true;
        await sleep(this.clock, this.runAhead.leadMs, signal);
        this.closeBroadcast();
        if (!this.feed.canReopen && !this.hadDoor) throw emptyPipe(this.feed);
        this.setState('ended', `The broadcast is over: ${this.feed.description} came to its end.`);
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        if (thrown instanceof AssertionError) throw thrown;
        this.failure = thrown;
        if (!this.feed.canReopen) {
          this.endBroadcast(errorText(thrown), 'failed');
          return;
        }
        const delayMs = this.backOff.nextDelayMs();
        this.noteFailure(errorText(thrown).replace(/\.$/, ''), delayMs);
        await this.pause(delayMs, signal);
        if (signal.aborted) return;
        this.restart();
      }
    }
  }

  private async readFeed(signal: AbortSignal): Promise<void> {
    let askedMs = this.clock.monotonicMs();
    this.flowsSinceMs = undefined;
    for await (const event of this.feed.read(signal)) {
      if (event.type === 'tag') {
        const waitedMs = this.clock.monotonicMs() - askedMs;
        for (const tag of this.refine(event.tag)) await this.take(tag, waitedMs, signal);
      } else this.handle(event);
      askedMs = this.clock.monotonicMs();
    }
  }

  /** Returns when the feed is to be tried again, or the channel was stopped. */
  private async pause(delayMs: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const waits = [sleep(this.clock, delayMs, either)];
    if (this.feed.changed !== undefined) waits.push(this.feed.changed(either));
    const settled = waits.map((wait) => wait.catch(() => {}));
    await Promise.race(settled);
    over.abort();
    await Promise.all(settled);
  }

  private handle(event: Exclude<FeedEvent, { readonly type: 'tag' }>): void {
    switch (event.type) {
      case 'restarted':
        this.restart();
        break;
      case 'waiting':
        this.setState(this.broadcast === undefined ? this.idleStatus() : 'waiting', event.text);
        break;
      case 'ended':
        this.endBroadcast(event.text);
        break;
      case 'note':
        this.note(event.text);
        break;
    }
  }

  /** The tag as it is broadcast. */
  private refine(tag: Tag): readonly Tag[] {
    if (tag.kind === 'data') return [liveMetadata(withoutSetDataFrame(tag))];
    const { tags, finding } = this.inBand.refine(tag);
    if (finding !== undefined) this.note(finding.text);
    return tags;
  }

  /** `waitedMs`: how long the feed let wait for it. Returns when the next one may come. */
  private async take(tag: Tag, waitedMs: number, signal: AbortSignal): Promise<void> {
    this.broadcast ??= this.openBroadcast(tag.timestampMs);
    const { broadcast } = this;
    const contents = readTagContents(tag);
    this.configurations.observe(tag, contents);
    this.judgeFlow(contents);
    const placed = broadcast.place(tag, contents);
    const delayMs = this.smoothingDelayMs(placed.tag.timestampMs, waitedMs);
    this.lastTagMs = this.clock.monotonicMs() + delayMs;
    if (delayMs > WAIT_MS_MIN) await sleep(this.clock, delayMs, signal);
    broadcast.push(placed, contents);
    this.tellUnplayable(contents);
    this.tellHeldBack(broadcast);
    this.tellBursts();
    this.goLiveIfOpen(broadcast);
    const leadMs = this.runAhead.delayMs(broadcast.newestMs);
    if (leadMs > 0) await sleep(this.clock, leadMs, signal);
  }

  private judgeFlow(contents: readonly TagContent[]): void {
    const nowMs = this.clock.monotonicMs();
    if (contents.some(({ role }) => role === 'video-frame' || role === 'audio-frame')) this.flowsSinceMs ??= nowMs;
    if (this.flowsSinceMs === undefined || nowMs - this.flowsSinceMs < WORKS_AFTER_MS) return;
    this.backOff.reset();
    this.failureLogged = undefined;
  }

  private smoothingDelayMs(lineMs: number, waitedMs: number): number {
    if (this.feed.pacesItself === true) return 0;
    return this.smoother.delayMs(lineMs, this.clock.monotonicMs(), waitedMs);
  }

  private goLiveIfOpen(broadcast: Broadcast): void {
    if (this.broadcast === broadcast && this.log.epoch === broadcast.epoch && this.log.newestDoor() !== undefined)
      this.goLive();
  }

  private goLive(): void {
    if (this.currentState.status !== 'live') this.setState('live', `Live from ${this.feed.description}.`);
  }

  /** A source that was silent and goes on does not say its configurations again: they begin the new epoch. */
  private openBroadcast(timestampMs: MediaMillis): Broadcast {
    const { name: channel, log, signingKey, clock } = this;
    const epoch = randomInt(1, EPOCH_END) as Epoch;
    const broadcast = new Broadcast({ channel, epoch, log, signingKey, clock });
    for (const known of this.configurations.tags()) {
      const tag = { ...known, timestampMs };
      const contents = readTagContents(tag);
      broadcast.push(broadcast.place(tag, contents), contents);
    }
    this.smoother.reset();
    this.hasToldMissingKeyframe = false;
    this.logger.info({ channel, epoch }, 'a broadcast begins');
    return broadcast;
  }

  private endBroadcast(text: string, status: 'ended' | 'failed' = 'ended'): void {
    this.closeBroadcast();
    this.setState(status, text);
  }

  /** What is left of it goes into the log. */
  private closeBroadcast(): void {
    const { broadcast } = this;
    this.broadcast = undefined;
    broadcast?.end();
  }

  private restart(): void {
    this.configurations.clear();
    this.inBand.reset();
    this.smoother.reset();
    this.broadcast?.restart();
  }

  private noteFailure(reason: string, delayMs: number): void {
    const text = `${reason}; trying again in ${(delayMs / 1000).toFixed(1)} s`;
    const fields = { channel: this.name, source: this.feed.description };
    const nowMs = this.clock.monotonicMs();
    const { failureLogged: last } = this;
    if (last?.reason === reason && nowMs - last.atMs < REPEATED_FAILURE_MS) this.logger.debug(fields, text);
    else {
      this.failureLogged = { reason, atMs: nowMs };
      this.logger.warn(fields, text);
    }
    this.changeState(this.broadcast === undefined ? this.idleStatus('failed') : 'waiting', text);
  }

  /** Without an open broadcast: one that was over stays so, whatever its source does, until tags come. */
  private idleStatus(other: 'failed' | 'starting' = 'starting'): ChannelStatus {
    return this.currentState.status === 'ended' ? 'ended' : other;
  }

  private checkSilence(signal: AbortSignal): void {
    const cancel = this.clock.after(SILENCE_CHECK_MS, () => {
      signal.removeEventListener('abort', cancel);
      if (this.broadcast !== undefined && !this.isPlayingOut)
        this.judgeSilence(this.clock.monotonicMs() - this.lastTagMs);
      this.checkSilence(signal);
    });
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
  }

  private judgeSilence(silentMs: number): void {
    const { description, endsAfterSilenceMs } = this.feed;
    const silence = `Nothing has come from ${description} for ${Math.round(silentMs / 1000)} s`;
    if (silentMs >= endsAfterSilenceMs) {
      this.endBroadcast(`${silence}: the broadcast is over, and begins anew when its source does.`);
    } else if (silentMs >= WAITING_AFTER_MS && this.currentState.status === 'live') {
      this.setState('waiting', `${silence}.`);
    }
  }

  private tellUnplayable(contents: readonly TagContent[]): void {
    for (const content of contents) {
      if (!('codec' in content) || content.trackId !== 0) continue;
      this.tellCodec(content.codec);
    }
  }

  private tellCodec(codec: VideoCodec | AudioCodec): void {
    if (this.toldCodecs.has(codec)) return;
    this.toldCodecs.add(codec);
    if (browserSupport(codec) !== 'most') this.note(unsupportedCodecAdvice(codec).replace('NAME', this.name));
  }

  private tellHeldBack(broadcast: Broadcast): void {
    if (broadcast.framesHeld >= FRAMES_HELD_TOLD && !this.hasToldMissingKeyframe) {
      this.hasToldMissingKeyframe = true;
      this.note('The source sends pictures but no keyframe; set its keyframe interval to 2 s.');
    }
    if (broadcast.tagsDropped > 0 && !this.hasToldLargeTag) {
      this.hasToldLargeTag = true;
      this.note('The source sent a tag of over 8 MiB, which was left out; lower its bitrate.');
    }
  }

  private tellBursts(): void {
    if (!this.smoother.isSmoothing || this.hasToldBursts) return;
    this.hasToldBursts = true;
    this.note(
      'The source comes in bursts, which are evened out at the cost of a delay as long as they are; ' +
        'an ffmpeg that writes it does better with -flush_packets 1.',
    );
  }

  private note(text: string): void {
    this.recentNotes = [...this.recentNotes, text].slice(-NOTES_MAX);
    this.logger.warn({ channel: this.name, source: this.feed.description }, text);
  }

  private setState(status: ChannelStatus, text: string): void {
    const before = this.currentState;
    if (before.status === status && before.text === text) return;
    // What a channel that has not begun waits for (a file that is not there: its name mistyped?) is told too.
    if (before.status !== status || status === 'starting') {
      const fields = { channel: this.name, from: before.status, to: status };
      // It is not tried again: that would be a warning with its own line.
      if (status === 'failed') this.logger.error(fields, text);
      else this.logger.info(fields, text);
    }
    this.changeState(status, text);
  }

  /** Without a line in the log. */
  private changeState(status: ChannelStatus, text: string): void {
    this.currentState = { status, text };
    for (const listener of [...this.stateListeners]) listener(this.currentState);
  }

  /** By media time: a source that sends a while at once, as most do at first, is not faster for it. */
  private bitrate(): number {
    const newest = this.log.newest()?.header;
    if (newest === undefined) return 0;
    const first = this.log.packetAt((newest.timestampMs - BITRATE_SPAN_MS) as MediaMillis)?.header.sequence;
    const packets = this.log.from(first ?? this.log.firstSequence ?? newest.sequence);
    const bytes = packets.reduce((sum, packet) => sum + packet.bytes.byteLength, 0);
    const startMs = packets[0]?.header.timestampMs ?? newest.timestampMs;
    const spanMs = newest.timestampMs + newest.durationMs - startMs;
    return Math.round((bytes * 8000) / Math.max(spanMs, 1000));
  }
}
