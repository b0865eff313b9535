import type { PlayerStats } from '../stats.ts';

/** Where the pictures come from, for a person. `viewers`: of the channel, as far as is known; 1 is this one. */
export function sourceSentence(
  { state, source, peers }: Pick<PlayerStats, 'state' | 'source' | 'peers'>,
  viewers: number,
): string {
  if (source === 'none') {
    return /^(?:joining|playing|stalled)$/.test(state)
      ? 'Looking for other viewers …'
      : 'Nothing is played at the moment.';
  }
  if (source === 'server') {
    return peers > 0
      ? 'Everything comes from the server at the moment.'
      : 'Everything comes from the server: you are connected to nobody else.';
  }
  // The broadcaster's own machine is a member of the swarm.
  if (viewers <= 1 && peers <= 1) return 'You are the only viewer: the broadcaster itself feeds you.';
  return source === 'both' ? 'Swarm and server share the work.' : 'Every byte now comes through the swarm.';
}
