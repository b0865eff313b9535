import type { PeerId } from '../../shared/basics/units.ts';
import type { SignalMessage } from '../../shared/wire/tracker-messages.ts';
import { CandidateBudget } from './ice-candidate.ts';

/** An ICE restart or two; more are somebody playing with the other side's browser. */
const OFFERS_MAX = 3;

/** A handshake takes 0.2 to 10 s; after this nobody waits for it any more. */
const HANDSHAKE_MS = 30_000;

/** Before this two peers that met are not introduced again: either they are linked, or it did not work. */
const REINTRODUCTION_MS = 30_000;

/**
 * That two peers were told of each other, and how far their handshake is. Both members hold the same object.
 *
 *   introduced --offer--> offered --answer--> answered --offer--> offered …
 *
 * Exactly one side offers: two that offered to each other at the same moment would stay apart for minutes.
 */
export class Introduction {
  readonly offerer: PeerId;
  readonly answerer: PeerId;
  readonly introducedMs: number;
  private offers = 0;
  private isAnswerDue = false;
  /** Made when needed: there are a dozen introductions a peer, and not all of them are used. */
  private offererBudget: CandidateBudget | undefined;
  private answererBudget: CandidateBudget | undefined;

  constructor(offerer: PeerId, answerer: PeerId, nowMs: number) {
    this.offerer = offerer;
    this.answerer = answerer;
    this.introducedMs = nowMs;
  }

  budgetOf(sender: PeerId): CandidateBudget {
    if (sender === this.offerer) {
      this.offererBudget ??= new CandidateBudget();
      return this.offererBudget;
    }
    this.answererBudget ??= new CandidateBudget();
    return this.answererBudget;
  }

  /** Offers come from the side that was told to, answers only to offers, candidates from nobody before the first offer. */
  permits(sender: PeerId, type: SignalMessage['type']): boolean {
    switch (type) {
      case 'offer':
        return sender === this.offerer && this.offers < OFFERS_MAX;
      case 'answer':
        return sender === this.answerer && this.isAnswerDue;
      case 'candidate':
        return this.offers > 0;
    }
  }

  /** The signal was permitted, passed the guard and is relayed now. */
  relayed(type: SignalMessage['type']): void {
    if (type === 'offer') this.offers++;
    if (type !== 'candidate') this.isAnswerDue = type === 'offer';
  }

  isHandshakeOpen(nowMs: number): boolean {
    return nowMs - this.introducedMs < HANDSHAKE_MS;
  }

  mayBeRepeated(nowMs: number): boolean {
    return nowMs - this.introducedMs >= REINTRODUCTION_MS;
  }
}
