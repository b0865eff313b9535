import type { SwarmtubeError } from '../shared/basics/errors.ts';
import type { Millis } from '../shared/basics/units.ts';
import type { ChannelDescription } from '../shared/wire/channel-description.ts';

/** What asking the server came to, and when. */
export type ServerAnswer = { readonly atMs: Millis } & (
  | { readonly description: ChannelDescription; readonly error?: never }
  | { readonly description?: never; readonly error: SwarmtubeError }
);

export type Wait = {
  /** Since when no picture moves that should. */
  readonly sinceMs: Millis;
  readonly nowMs: Millis;
  /** The first packet that playback lacks; 0 while it has shown nothing. */
  readonly nextSequence: number;
};

/** Most interruptions are over before anybody has read why. */
const EXPLAINED_AFTER_MS = 3_000;

/** Why a viewer waits, in a sentence, by what is known; undefined while nothing is. */
export function explainWait(answer: ServerAnswer | undefined, wait: Wait): string | undefined {
  // What was said before the picture stopped explains nothing.
  if (answer === undefined || answer.atMs < wait.sinceMs) return undefined;
  const { description, error } = answer;
  if (error !== undefined) {
    const isAway = /unreachable|timeout/.test(error.code);
    return isAway ? 'The server cannot be reached; trying again.' : asSentence(error.message);
  }
  const { notice, newestSequence } = description;
  if (wait.nowMs - wait.sinceMs < EXPLAINED_AFTER_MS) return undefined;
  if (notice) return notice;
  const isSilent = wait.nextSequence > 0 && (newestSequence ?? 0) < wait.nextSequence;
  return isSilent ? 'The broadcaster sends nothing at the moment.' : undefined;
}

function asSentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}
