import type { Commitment } from '../../shared/wire/tracker-messages.ts';

/** Children near the root are worth most where one peer has about this many of them: the engine's `fan`. */
const FAN = 5;

/**
 * docs/ALGORITHM.md 8: slots are not spread over all sub-streams but committed to few, so that strong peers fan out near the
 * root. `round(slots / 5)` of them, those with the least supply so far; the slots are shared out among these.
 *
 * @param supply slots committed so far, one number a sub-stream.
 */
export function chooseCommitments(slots: number, supply: readonly number[]): Commitment[] {
  const count = Math.min(supply.length, Math.round(slots / FAN));
  const scarcest = [...supply.keys()].sort((a, b) => (supply[a] ?? 0) - (supply[b] ?? 0) || a - b).slice(0, count);
  let remaining = slots;
  return scarcest.map((substream, index) => {
    const fan = Math.ceil(remaining / (count - index));
    remaining -= fan;
    return { substream, fan };
  });
}
