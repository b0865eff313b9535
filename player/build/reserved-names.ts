import { readFileSync } from 'node:fs';

const project = new URL('../../', import.meta.url);

/** Types whose fields other programs read or write: JSON on the wire, and what pages give and get. */
const CONTRACT_TYPES = [
  'shared/wire/channel-description.ts',
  'shared/wire/tracker-messages.ts',
  'shared/basics/track-description.ts',
  'player/options.ts',
  'player/stats.ts',
];

/** Classes that pages use. */
const PUBLIC_CLASSES = ['player/player.ts', 'player/swarm-player-element.ts'];

/** Names of the browser's, or of what it talks to, that terser's own list lacks or may lack. */
const FOREIGN_NAMES = [
  // attributes that the player's elements are made with
  'class',
  'ManagedMediaSource',
  'getBattery',
  'charging',
  'saveData',
  'currentRoundTripTime',
  // engine.io's greeting
  'pingInterval',
  'pingTimeout',
];

const FIELD = /\breadonly (\w+)\??:/g;
const PUBLIC_MEMBER = /^ {2}(?!private )(?:readonly |static |get |set |async )*([A-Za-z]\w*)/gm;

/** Properties that the embed scripts share with other programs, which the minifier must not rename. */
export function reservedNames(): string[] {
  const names = new Set(FOREIGN_NAMES);
  for (const file of CONTRACT_TYPES) addAll(names, file, FIELD);
  for (const file of PUBLIC_CLASSES) addAll(names, file, PUBLIC_MEMBER);
  return [...names].sort();
}

function addAll(names: Set<string>, file: string, pattern: RegExp): void {
  const before = names.size;
  for (const [, name = ''] of readFileSync(new URL(file, project), 'utf8').matchAll(pattern)) names.add(name);
  if (names.size === before) throw new Error(`${file} has no names to keep: did it move?`);
}
