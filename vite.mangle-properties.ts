import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Plugin, parseAst } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** JSON on the wire and what pages give and get: every word in these files keeps its name, whatever it names. */
const CONTRACTS = [
  'shared/wire/channel-description.ts',
  'shared/wire/tracker-messages.ts',
  'player/options.ts',
  'player/stats.ts',
];

/** Classes that pages use: what is not private in them keeps its name. */
const PUBLIC_CLASSES = ['player/player.ts', 'player/swarm-player-element.ts'];

/** The browser's names that TypeScript's library does not have: custom elements, and what only some browsers offer. */
const BROWSER_NAMES = [
  'connectedCallback',
  'disconnectedCallback',
  'attributeChangedCallback',
  'adoptedCallback',
  'observedAttributes',
  'ManagedMediaSource',
  'webkitEnterFullscreen',
  'getBattery',
  'charging',
  'level',
  'connection',
  'saveData',
  // engine.io's greeting
  'pingInterval',
  'pingTimeout',
];

type Node = { readonly type: string; readonly start: number; readonly end: number } & Record<string, unknown>;
type Place = { readonly name: string; readonly start: number; readonly end: number; readonly isShorthand: boolean };

/**
 * Gives the properties that only our own code knows short names, as a minifier does with variables: a sixth of the embed
 * script, gzipped. A name is left alone if the language or the DOM has it, if it stands in the script as a text too (it may
 * be looked up by it), or if it is part of a contract with other programs.
 */
export function mangleProperties(): Plugin {
  return {
    name: 'swarmtube:mangle-properties',
    renderChunk: (code) => ({ code: mangle(code), map: null }),
  };
}

function mangle(code: string): string {
  const places: Place[] = [];
  const kept = keptNames();
  walk(parseAst(code) as unknown as Node, places, kept);
  const counts = new Map<string, number>();
  for (const { name } of places) counts.set(name, (counts.get(name) ?? 0) + 1);
  const mangled = [...counts].filter(([name]) => !kept.has(name)).sort(byGain);
  // A short name must not be one that stays.
  const taken = new Set([...kept, ...counts.keys()]);
  const shortNames = shortNamesWithout(taken);
  const renamed = new Map(mangled.map(([name]) => [name, shortNames.next().value as string]));
  let result = '';
  let at = 0;
  for (const { name, start, end, isShorthand } of places.sort((first, second) => first.start - second.start)) {
    const short = renamed.get(name);
    if (short === undefined) continue;
    result += code.slice(at, start) + (isShorthand ? `${short}:` : short);
    at = isShorthand ? start : end;
  }
  return result + code.slice(at);
}

function byGain([first, firstCount]: [string, number], [second, secondCount]: [string, number]): number {
  return secondCount - firstCount || (first < second ? -1 : 1);
}

const PUBLIC_MEMBER = /^ {2}(?!private )(?:readonly |static |get |set |async )*([A-Za-z]\w*)/gm;

function keptNames(): Set<string> {
  const kept = new Set(BROWSER_NAMES);
  for (const file of CONTRACTS) addDeclaredWords(readFileSync(path(file), 'utf8'), kept);
  for (const file of PUBLIC_CLASSES) {
    const members = readFileSync(path(file), 'utf8').matchAll(PUBLIC_MEMBER);
    for (const [, name = ''] of members) kept.add(name);
  }
  const scope = path('node_modules/@typescript');
  for (const platform of readdirSync(scope)) {
    const folder = join(scope, platform, 'lib');
    for (const file of readdirSync(folder)) {
      if (/^lib\.(?:es|dom|decorators)[\w.]*\.d\.ts$/.test(file))
        addDeclaredWords(readFileSync(join(folder, file), 'utf8'), kept);
    }
  }
  if (!kept.has('appendBuffer')) throw new Error("TypeScript's library of DOM names was not found");
  return kept;
}

/** Comments name everything in the world. */
function addDeclaredWords(source: string, words: Set<string>): void {
  addWords(source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''), words);
}

function addWords(text: string, words: Set<string>): void {
  for (const [word] of text.matchAll(/[A-Za-z_$][\w$]*/g)) words.add(word);
}

function walk(node: Node, places: Place[], kept: Set<string>): void {
  switch (node.type) {
    case 'MemberExpression':
      if (node.computed !== true) add(node.property as Node, false, places);
      break;
    case 'Property':
      if (node.computed !== true) add(node.key as Node, node.shorthand === true, places);
      break;
    case 'MethodDefinition':
    case 'PropertyDefinition':
      if (node.computed !== true && node.kind !== 'constructor') add(node.key as Node, false, places);
      break;
    case 'Literal':
      if (typeof node.value === 'string') kept.add(node.value);
      break;
    case 'TemplateElement':
      // A worker's script is one of these, and reads what is posted to it by name.
      addWords((node.value as { raw: string }).raw, kept);
  }
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') walk(child as Node, places, kept);
    }
  }
}

function add(key: Node, isShorthand: boolean, places: Place[]): void {
  if (key.type !== 'Identifier') return;
  places.push({ name: key.name as string, start: key.start, end: key.end, isShorthand });
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

function* shortNamesWithout(taken: ReadonlySet<string>): Generator<string, never> {
  for (let length = 1; ; length++) {
    for (let index = 0; index < LETTERS.length ** length; index++) {
      let name = '';
      for (let rest = index, digit = 0; digit < length; digit++, rest = Math.floor(rest / LETTERS.length)) {
        name += LETTERS.charAt(rest % LETTERS.length);
      }
      if (!taken.has(name)) yield name;
    }
  }
}
