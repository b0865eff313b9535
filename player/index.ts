import { SwarmPlayerElement } from './swarm-player-element.ts';

export type { P2pMode, PlayerOptions } from './options.ts';
export { PlayerErrorEvent, SwarmPlayer } from './player.ts';
export type { PlayerState, PlayerStats } from './stats.ts';
export { SwarmPlayerElement };

// A page may hold the script twice, or the classic and the module one.
if (customElements.get('swarm-player') === undefined) customElements.define('swarm-player', SwarmPlayerElement);
