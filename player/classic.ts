import { SwarmPlayer } from './index.ts';
import { setScriptUrl } from './script-verifier.ts';

const script = document.currentScript;
setScriptUrl(script instanceof HTMLScriptElement ? script.src : undefined);

/** `<script src="…/player.js">`: the element is defined, and the class is there for pages that bring their own video. */
Object.assign(globalThis, { SwarmPlayer });
