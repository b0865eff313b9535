import { errorText, SwarmtubeError } from '../shared/basics/errors.ts';
import type { Epoch, Millis, Sequence } from '../shared/basics/units.ts';
import { decodeBase64Url } from '../shared/bytes/base64url.ts';
import { openBrowserConnector } from '../shared/driver/browser/webrtc-connector.ts';
import { createBrowserTimer } from '../shared/driver/browser/worker-timer.ts';
import { createHttpPacketSource } from '../shared/driver/http-packet-source.ts';
import { createPacketVerifier, supportsEd25519 } from '../shared/driver/packet-verifier.ts';
import type { PacketSource, PacketVerifier, PeerConnector } from '../shared/driver/ports.ts';
import { createTrackerClient } from '../shared/driver/socket-io-tracker-client.ts';
import { SwarmDriver } from '../shared/driver/swarm-driver.ts';
import type { Packet } from '../shared/packets/packet.ts';
import type { EngineSnapshot } from '../shared/swarm/engine-types.ts';
import type { ChannelDescription } from '../shared/wire/channel-description.ts';
import type { ResolvedOptions } from './options.ts';
import { OverRule } from './playback/over-rule.ts';
import { loadScriptVerifier } from './script-verifier.ts';
import { explainWait, type ServerAnswer } from './trouble.ts';

export type SessionEvents = {
  /** The channel plays this epoch, from this packet on: what was played before is over. */
  onEpoch(epoch: Epoch, startSequence: Sequence): void;
  onPacket(packet: Packet): void;
  /** What to add to `nowMs` to get the server's wall clock. */
  onClock(offsetMs: number): void;
  onDescription(description: ChannelDescription): void;
  /** The broadcast is over, as far as the server knows; the session goes on asking. */
  onOver(): void;
  /** `isFatal`: it makes no sense to go on. */
  onError(error: SwarmtubeError, isFatal: boolean): void;
};

/** How often the server is asked when all is well, for its clock, the title and a new epoch. */
const REFRESH_MS = 30_000;
/** When there is nothing to play: soon at first, then less and less often. */
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 15_000;
/** Packets whose signature is wrong, with none that is right: not a bad peer but the wrong key. */
const REJECTED_AT_WRONG_KEY = 8;
/**
 * Nobody's line is used for more than what it takes in, unless the page says so (`upload-limit`). The engine promises nine
 * tenths of its limit in whole eighths of the stream: at 1.2 that is eight of them, one stream for one stream.
 */
const UPLOAD_LIMIT_OF_BITRATE = 1.2;
/** A limit that moved with every breath of the encoder would make and break promises to other viewers. */
const BITRATE_CHANGE_MIN = 0.25;
/** A proxy or a captive portal gives a page of its own for some seconds: with the waits between them, these take 5. */
const ODD_ANSWERS_MAX = 3;
const WRONG_KEY = "The broadcast is not signed with this page's key: copy the embed code from the watch page again.";
const NO_CHANNEL = 'What src names is no channel: copy the embed code from the watch page again.';

/**
 * One player at one channel: asks the server what is broadcast, checks the key that the page pinned, and runs the swarm
 * driver for it. Survives the end of a broadcast, a restart of the server, and a server that is away.
 */
export class ChannelSession {
  private readonly options: ResolvedOptions;
  private readonly events: SessionEvents;
  private readonly nowMs: () => Millis;
  private readonly source: PacketSource;
  private connector: PeerConnector | undefined;
  private driver: SwarmDriver | undefined;
  private epoch: Epoch | undefined;
  private lastAnswer: ServerAnswer | undefined;
  /** The server has described a channel: nonsense is its bad moment, and no wrong address. */
  private wasDescribed = false;
  /** In a row, of a server that never described a channel. */
  private oddAnswers = 0;
  private readonly overRule = new OverRule();
  private isRestartWanted = false;
  /** What playback waits for. */
  private nextSequence = 0;
  private isSwarmWanted: boolean;
  private uploadBytesPerSecond: number | undefined;
  private retries = 0;
  private isAsking = false;
  private isClosed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private verifier: Promise<PacketVerifier> | undefined;
  private received = 0;
  private bitrate = 0;

  constructor(options: ResolvedOptions, isSwarmWanted: boolean, nowMs: () => Millis, events: SessionEvents) {
    this.options = options;
    this.isSwarmWanted = isSwarmWanted;
    this.nowMs = nowMs;
    this.events = events;
    const { channelUrl, token } = options;
    this.source = createHttpPacketSource(channelUrl, { nowMs, ...(token !== undefined && { token }) });
    this.ask();
    // While the server is being asked: the first packet must not wait for the browser's cryptography.
    if (options.key !== undefined) this.verifier = this.makeVerifier(options.key);
  }

  /** Asks the server now, as playback has run dry or the swarm plays something else; not if it is being asked anyway. */
  refresh(): void {
    if (!this.isClosed && this.retries === 0) this.ask();
  }

  /** As `refresh`, and begins anew at the newest door even if the epoch is the same, if the server has more than we had. */
  restart(): void {
    this.isRestartWanted = true;
    this.refresh();
  }

  setPlayback(targetLatencyMs: number, nextSequence: Sequence): void {
    this.nextSequence = nextSequence;
    this.driver?.setPlayback(targetLatencyMs, nextSequence);
  }

  setSwarmWanted(isWanted: boolean): void {
    this.isSwarmWanted = isWanted;
    this.driver?.setSwarmEnabled(isWanted);
  }

  /** 0: gives nothing. Undefined: as much as is downloaded. */
  setUploadLimit(bytesPerSecond: number | undefined): void {
    this.uploadBytesPerSecond = bytesPerSecond;
    this.applyUploadLimit();
  }

  /** Why a viewer waits who has waited since then. */
  explainWait(sinceMs: Millis): string | undefined {
    return explainWait(this.lastAnswer, { sinceMs, nowMs: this.nowMs(), nextSequence: this.nextSequence });
  }

  snapshot(): EngineSnapshot | undefined {
    return this.driver?.snapshot();
  }

  /** True if packets come and none of them is signed with the page's key. */
  checkSignatures(): void {
    const rejected = this.driver?.snapshot().packetsRejected ?? 0;
    if (this.received === 0 && rejected >= REJECTED_AT_WRONG_KEY) this.fail('wrong-key', WRONG_KEY);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.timer);
    this.driver?.close();
    this.connector?.close();
    this.source.close();
  }

  private ask(): void {
    if (this.isAsking) return;
    this.isAsking = true;
    clearTimeout(this.timer);
    this.source
      .describe()
      .then(
        ({ description, clockOffsetMs }) => this.hear(description, clockOffsetMs),
        (thrown) => this.miss(thrown),
      )
      .catch((thrown) => this.fail('player', errorText(thrown)))
      .finally(() => {
        this.isAsking = false;
      });
  }

  private hear(description: ChannelDescription, clockOffsetMs: number): void {
    if (this.isClosed) return;
    const key = decodeBase64Url(description.publicKey);
    const pinned = this.options.key ?? key;
    if (pinned === undefined || key === undefined || pinned.some((byte, index) => byte !== key[index])) {
      this.fail('wrong-key', WRONG_KEY);
      return;
    }
    // Back again: what it had to begin with may come at any moment.
    if (this.lastAnswer?.error !== undefined) this.retries = 0;
    this.lastAnswer = { atMs: this.nowMs(), description };
    this.wasDescribed = true;
    this.noteBitrate(description.bitrate);
    this.events.onClock(clockOffsetMs);
    this.events.onDescription(description);
    if (this.isClosed) return; // Nothing in it can be played here.
    const { epoch, doorSequence, newestSequence } = description;
    const isOver = this.overRule.observe(description.live ? 'live' : 'nothing', this.nowMs());
    if (!description.live || epoch === null || doorSequence === null) {
      this.askAgain(true);
      if (isOver) {
        this.epoch = undefined;
        this.events.onOver();
      }
      return;
    }
    this.retries = 0;
    this.askAgain(false);
    const driver = this.driver ?? this.openDriver(description, pinned);
    driver.setClockOffset(clockOffsetMs);
    // A feed that is silent for a while is no reason to show its last seconds once more.
    const isBehind = this.isRestartWanted && (newestSequence ?? 0) >= this.nextSequence;
    this.isRestartWanted = false;
    if (epoch === this.epoch && !isBehind) return;
    this.epoch = epoch;
    this.events.onEpoch(epoch, doorSequence);
    driver.setEpoch(epoch, doorSequence, newestSequence ?? undefined);
  }

  private openDriver(description: ChannelDescription, key: Uint8Array): SwarmDriver {
    const { channelUrl, channel, token, patienceMs } = this.options;
    this.verifier ??= this.makeVerifier(key);
    const { verifier } = this;
    // For p2p="off" too, as the page may change its mind: by itself it connects to nobody.
    this.connector = openBrowserConnector();
    const trackerUrl = new URL(description.tracker, channelUrl).href;
    const driver = new SwarmDriver({
      channel,
      role: 'viewer',
      source: this.source,
      verify: async (packet) => (await verifier)(packet),
      timer: createBrowserTimer(),
      nowMs: this.nowMs,
      seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 1,
      engineConfig: { patienceMs },
      ...(token !== undefined && { token }),
      ...(this.connector !== undefined && {
        connector: this.connector,
        trackerFactory: createTrackerClient(trackerUrl),
      }),
      onPacket: (packet) => {
        this.received++;
        this.events.onPacket(packet);
      },
      onEpochUnknown: () => this.refresh(),
      onRefused: ({ code, message }) => this.events.onError(new SwarmtubeError(code, message), false),
    });
    driver.setSwarmEnabled(this.isSwarmWanted);
    this.driver = driver;
    this.applyUploadLimit();
    // At once: peers bring what follows the first picture, if they are known by then.
    driver.start();
    return driver;
  }

  private makeVerifier(key: Uint8Array): Promise<PacketVerifier> {
    const verifier = supportsEd25519()
      .then((isSupported) => (isSupported ? undefined : loadScriptVerifier()))
      .then(() => createPacketVerifier(this.options.channel, key));
    verifier.catch((thrown) => this.fail('player', errorText(thrown)));
    return verifier;
  }

  private noteBitrate(bitsPerSecond: number): void {
    if (Math.abs(bitsPerSecond - this.bitrate) <= this.bitrate * BITRATE_CHANGE_MIN) return;
    this.bitrate = bitsPerSecond;
    this.applyUploadLimit();
  }

  private applyUploadLimit(): void {
    const fair = this.bitrate > 0 ? (this.bitrate / 8) * UPLOAD_LIMIT_OF_BITRATE : undefined;
    const limit = this.uploadBytesPerSecond ?? fair;
    if (limit !== undefined) this.driver?.setUploadLimit(Math.round(limit));
  }

  /** The server did not answer: told once, then asked again and again. What never was a channel is given up. */
  private miss(thrown: unknown): void {
    if (this.isClosed) return;
    const error =
      thrown instanceof SwarmtubeError ? thrown : new SwarmtubeError('server-unreachable', errorText(thrown));
    this.oddAnswers = error.code === 'bad-description' && !this.wasDescribed ? this.oddAnswers + 1 : 0;
    if (this.oddAnswers > ODD_ANSWERS_MAX) {
      this.fail(error.code, NO_CHANNEL);
      return;
    }
    this.askAgain(true);
    const isTold = this.lastAnswer?.error !== undefined;
    this.lastAnswer = { atMs: this.nowMs(), error };
    this.overRule.observe('none', this.nowMs());
    if (!isTold) this.events.onError(error, false);
  }

  private askAgain(isRetry: boolean): void {
    const delayMs = isRetry ? Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 1.6 ** this.retries++) : REFRESH_MS;
    // Jitter: all viewers lose a server at the same moment, and must not all come back at one.
    this.timer = setTimeout(() => this.ask(), delayMs * (0.8 + 0.4 * Math.random()));
  }

  private fail(code: string, message: string): void {
    if (this.isClosed) return;
    this.close();
    this.events.onError(new SwarmtubeError(code, message), true);
  }
}
