import { SwarmPlayer } from './index.ts';

/** `<script src="…/player.js">`: the element is defined, and the class is there for pages that bring their own video. */
Object.assign(globalThis, { SwarmPlayer });
