/**
 * The known name that takes the fewest edits from `word`, where leaving off the end counts as one; ties go to the one that is
 * listed first. Undefined for an empty list.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = distanceBetween(simplify(word), simplify(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `--Stun_Port`, `stunPort` and `stun-port` are the same mistake away from each other. */
function simplify(word: string): string {
  return word
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 64);
}

const BEGINNING_CHARACTERS_MIN = 3;

function distanceBetween(word: string, candidate: string): number {
  const isBeginning = word.length >= BEGINNING_CHARACTERS_MIN && candidate.startsWith(word) && candidate !== word;
  return isBeginning ? 1 : editDistance(word, candidate);
}

/** Levenshtein distance, one row at a time. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[right.length] as number;
}
