/**
 * The known name that takes the fewest edits from `word`, where an end that is missing or too much counts as one; ties go to
 * the one that is listed first. Undefined where none is near: a wrong guess is worse than none.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  const simpleWord = simplify(word);
  for (const candidate of known) {
    const simple = simplify(candidate);
    const distance = distanceBetween(simpleWord, simple);
    const farthest = Math.max(1, Math.floor(Math.max(simpleWord.length, simple.length) * NEAR_SHARE));
    if (distance <= farthest && distance < bestDistance) {
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

/** Edits over length up to which one word is another mistyped. */
const NEAR_SHARE = 1 / 3;
const BEGINNING_CHARACTERS_MIN = 3;

function distanceBetween(word: string, candidate: string): number {
  const [short, long] = word.length < candidate.length ? [word, candidate] : [candidate, word];
  const isBeginning = short.length >= BEGINNING_CHARACTERS_MIN && short !== long && long.startsWith(short);
  return isBeginning ? 1 : editDistance(word, candidate);
}

/** Levenshtein distance with swapped neighbours as one edit, one row at a time. */
function editDistance(left: string, right: string): number {
  let before: readonly number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      const swapped = isSwapped ? (before[j - 2] as number) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, swapped, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    before = row;
    row = next;
  }
  return row[right.length] as number;
}
