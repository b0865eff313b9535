import type { TrackDescription } from '../shared/basics/track-description.ts';
import { codecName, isPlayedNowhere } from '../shared/tags/codec-support.ts';

/** What of a channel is not played here. */
export type Unplayable = {
  /** Nothing else is left. */
  readonly isAll: boolean;
  readonly sentence: string;
};

/** `refused`: what some browsers play, and this one does not. Undefined where everything plays. */
export function findUnplayable(
  tracks: readonly TrackDescription[],
  refused: ReadonlySet<string>,
): Unplayable | undefined {
  // Only the first track of each kind is played.
  const played = tracks.filter(({ id, type }) => id === 0 && type !== 'data');
  const bad = played.filter(({ codec }) => refused.has(codec) || isPlayedNowhere(codec));
  const [first] = bad;
  if (first === undefined) return undefined;
  const isAll = bad.length === played.length;
  const who = bad.every(({ codec }) => isPlayedNowhere(codec)) ? 'No browser plays' : 'This browser does not play';
  const what = `${who} ${bad.map(({ codec }) => codecName(codec)).join(' or ')}`;
  const missing = first.type === 'video' ? 'picture' : 'sound';
  return { isAll, sentence: isAll ? `${what}; H.264 and AAC play everywhere.` : `${what}: there is no ${missing}.` };
}
