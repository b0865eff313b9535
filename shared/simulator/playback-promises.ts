import type { Broadcast } from './broadcast.ts';
import type { Blame } from './link-promises.ts';
import type { SimulatedPeer } from './simulated-peer.ts';
import type { SimulatedPlayback } from './simulated-playback.ts';

/** What an engine did to have a packet: when it first fetched it, and since when it asks for a stream with it. */
export type Efforts = { readonly fetchedMs: number | undefined; readonly streamedMs: number };

/** A viewer in its first seconds, or out of step a moment ago, has not had the time to rescue. */
export const RESCUE_AFTER_MS = 4000;
/** What was given up before that may be of a time when it could not be had. */
const GAP_AFTER_MS = 8000;
/** What is fetched this short before its deadline was looked for too late. */
const RESCUE_AHEAD_MS = 150;
/** Further than this behind its target playback must come nearer, by so much a second, if it has so much in hand. */
const BEHIND_MS = 250;
const CATCH_UP_MS = 5;
const IN_HAND_MS = 500;
/** A stop within one second undoes what was caught up in it: so many looks in a row, and it does not try. */
const LOOKS_BEHIND = 3;
/** Whatever happens, the target grows no wider. */
const TARGETS_MAX = 2.5;
/** Where all is well a picture that stands for so long will not move again. */
const STANDS_MS_MAX = 2000;

/** What must hold of one viewer's playback: everything was done for what it lacks, and it keeps its distance from live. */
export class PlaybackPromises {
  private readonly peer: SimulatedPeer;
  private readonly playback: SimulatedPlayback;
  private readonly broadcast: Broadcast;
  private readonly latencyMs: number;
  private readonly blame: Blame;
  /** Capture to screen at the last look, if it was too long; and looks since then that found it no nearer. */
  private behindMs: number | undefined;
  private looksBehind = 0;

  constructor(peer: SimulatedPeer, playback: SimulatedPlayback, broadcast: Broadcast, latencyMs: number, blame: Blame) {
    this.peer = peer;
    this.playback = playback;
    this.broadcast = broadcast;
    this.latencyMs = latencyMs;
    this.blame = blame;
  }

  /** The packet that it stands before, although that exists and its engine knew it to be due by now. */
  get missing(): number | undefined {
    const { peer, playback, broadcast } = this;
    const sequence = playback.nextSequence;
    if (!playback.isDry || peer.epoch !== broadcast.epoch || sequence > broadcast.newest) return undefined;
    const isDue = broadcast.captureMs(sequence) + playback.toldMs <= this.playback.reckonedMs;
    return isDue && !peer.has(sequence) ? sequence : undefined;
  }

  /** It stands before this packet: was everything done to have it? */
  lookAtEfforts(sequence: number, { fetchedMs, streamedMs }: Efforts, sinceMs: number, nowMs: number): void {
    if (nowMs - sinceMs < RESCUE_AFTER_MS || !isInStep(this.peer, nowMs)) return;
    // Asked of the server in time is asked, one by one or as a stream; that the answer may be slow is the server's affair.
    if (Math.min(fetchedMs ?? streamedMs, streamedMs) <= nowMs - RESCUE_AHEAD_MS) return;
    if (fetchedMs === undefined) this.blame('no-rescue', `packet ${sequence} is due, absent, and was asked of nobody`);
    else this.blame('rescue-late', `packet ${sequence} was fetched ${nowMs - fetchedMs} ms before it`);
  }

  /** Playback gave these up, and goes on behind them. */
  skipped(from: number, to: number, sinceMs: number, nowMs: number): void {
    const { peer, broadcast } = this;
    // Whose own line has collapsed cannot even ask in time: requests wait behind what it was uploading.
    const troubledMs = peer.isSqueezed ? nowMs : Math.max(sinceMs, peer.thawedMs, peer.squeezedMs);
    if (peer.epoch !== broadcast.epoch || nowMs - troubledMs < GAP_AFTER_MS) return;
    for (let sequence = from; sequence <= to; sequence++)
      if (!peer.has(sequence)) this.blame('gap', `packet ${sequence} never came`);
  }

  /** All faults are long over. */
  lookHealed(nowMs: number): void {
    const { peer, playback, broadcast } = this;
    if (peer.epoch !== broadcast.epoch) this.blame('not-healed', 'it plays an epoch that is long over');
    const { meter } = playback.conductor;
    const stoppedMs = meter.stoppedForMs(nowMs as never);
    if (stoppedMs > STANDS_MS_MAX) this.blame('not-healed', `its picture has stood for ${stoppedMs} ms`);
  }

  /** Once a second: its distance from live is what it aims at, or becomes less. */
  lookAtLatency(nowMs: number): void {
    const { conductor, latencyMs } = this.playback;
    const { targetMs } = conductor.controller;
    if (targetMs > this.latencyMs * TARGETS_MAX) this.blame('behind', `it aims at ${targetMs} ms`);
    const beforeMs = this.behindMs;
    this.behindMs = undefined;
    if (latencyMs === undefined || conductor.bufferMs < IN_HAND_MS || !isInStep(this.peer, nowMs)) return;
    if (latencyMs <= targetMs + BEHIND_MS) return;
    this.behindMs = latencyMs;
    this.looksBehind = beforeMs !== undefined && latencyMs > beforeMs - CATCH_UP_MS ? this.looksBehind + 1 : 0;
    if (this.looksBehind >= LOOKS_BEHIND)
      this.blame('behind', `it plays ${latencyMs} ms behind live, aims at ${targetMs}, and stays there`);
  }
}

/** It is right about the time, and was a while ago; and nothing made packets due from one moment to the next. */
export function isInStep({ clockErrorMs, clockSetMs, thawedMs, playback }: SimulatedPeer, nowMs: number): boolean {
  const sinceMs = Math.max(clockSetMs, thawedMs, playback?.hastenedMs ?? 0);
  return clockErrorMs === 0 && nowMs - sinceMs > RESCUE_AFTER_MS;
}
