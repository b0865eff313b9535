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

/** What the classic script leaves in the page. */
const GLOBAL_NAMES = ['SwarmPlayer'];

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

/** Names of the browser's too, or texts, by which the player's script calls only things of its own: they are shortened. */
export const OWN_NAMES = [
  ...['children', 'parent', 'link', 'node', 'peer', 'path', 'hint', 'context', 'config', 'sessions', 'outputs'],
  ...['availability', 'uplink', 'repair', 'kind', 'bytes', 'index', 'list', 'held', 'tags', 'track', 'mimeType'],
  ...['trackId', 'isOpen', 'sinceMs', 'request', 'requested', 'wanted', 'ask', 'connect', 'disconnect', 'closed'],
  ...['unsubscribe', 'restart', 'finish', 'take', 'update', 'observe', 'forget', 'refresh', 'configure', 'extend'],
  ...['measure', 'flush', 'seek', 'emit', 'controller', 'root', 'window', 'meter'],
];

const FIELD = /\breadonly (\w+)\??:/g;
const PUBLIC_MEMBER = /^ {2}(?!private )(?:readonly |static |get |set |async )*([A-Za-z]\w*)/gm;

/** Properties that the embed scripts share with other programs, which the minifier must not rename. */
export function reservedNames(): string[] {
  const names = [
    ...GLOBAL_NAMES,
    ...FOREIGN_NAMES,
    ...CONTRACT_TYPES.flatMap(fieldsOf),
    ...PUBLIC_CLASSES.flatMap((file) => namesIn(file, PUBLIC_MEMBER)),
  ];
  return [...new Set(names)].sort();
}

/** Of the types in a file of the project. */
export function fieldsOf(file: string): string[] {
  return namesIn(file, FIELD);
}

function namesIn(file: string, pattern: RegExp): string[] {
  const names = [...readFileSync(new URL(file, project), 'utf8').matchAll(pattern)].map(([, name = '']) => name);
  if (names.length === 0) throw new Error(`${file} has no names to keep: did it move?`);
  return names;
}
