import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import { fieldsOf } from './reserved-names.ts';

/**
 * The engine is the same code at a viewer, at a seeder and in the simulator. A page only ever watches: its own role is a
 * constant there, so that the minifier finds what only a seeder does and leaves it out (a neighbour's role, `link.role`, stays
 * a question), nothing is counted that `player.stats` does not tell, and what the engine decides by stands where it is used.
 */
export function viewerOnly(): Plugin {
  const told = new Set([...fieldsOf('player/stats.ts'), 'links']);
  const constants = settings();
  return {
    name: 'swarmtube:viewer-only',
    enforce: 'pre',
    transform: (code, id) =>
      id.includes('/shared/swarm/')
        ? { code: withoutCounters(withoutSeeder(withConstants(code, constants)), told), map: null }
        : undefined,
  };
}

/** `const { role, config } = this.context`, in any order. */
const ROLE_TAKEN_OUT = /const \{([^{}]*\b)role\b,?([^{}]*)\} = ((?:this\.)?context);/g;
const ROLE = /\b(?:this\.)?context\.role\b/g;
/** What only the simulator hands in. */
const GIVEN_DECODER = 'options.decode ?? ';
/** The input that only a seeder's engine is given. */
const PRODUCED = /^ *case 'packet-produced':\n[\s\S]*?return;\n/gm;

function withoutSeeder(code: string): string {
  return code
    .replace(ROLE_TAKEN_OUT, "const role = 'viewer'; const {$1$2} = $3;")
    .replace(ROLE, "'viewer'")
    .replace(GIVEN_DECODER, '')
    .replace(PRODUCED, '');
}

/** What a page sets, what the driver reads, and what is taken out of the table by a pattern. */
const SET_BY_PAGES = 'patienceMs';
const LOOKED_UP = new Set([
  ...[SET_BY_PAGES, 'substreams'],
  ...['repairsPerSecond', 'repairsBurst', 'rescueMarginMs', 'rescueMarginShortMs'],
]);
const TABLE = /(?<=^export const DEFAULT_ENGINE_CONFIG[^\n]*\n)[\s\S]*?^(?=\};)/m;
const SETTING = /^ {2}(\w+): ([^\n]*),\n/gm;
const TAKEN_OUT = /\{([^{}]*)\} = (?:\w+\.)*config\b(?!\.)/g;
const USE_OF_SETTING = /(?<!\w\.)\b(?:\w+\.)*config\.(\w+)\b/g;

function settings(): ReadonlyMap<string, string> {
  const file = readFileSync(new URL('../../shared/swarm/engine-config.ts', import.meta.url), 'utf8');
  const found = [...(TABLE.exec(file)?.[0] ?? '').matchAll(SETTING)];
  if (found.length === 0) throw new Error('engine-config.ts has no table: did it move?');
  return new Map(found.map(([, name = '', value = '']) => [name, value]));
}

function withConstants(code: string, constants: ReadonlyMap<string, string>): string {
  for (const [, list = ''] of code.matchAll(TAKEN_OUT)) {
    for (const name of list.split(',').map((part) => part.split(':', 1).join('').trim())) {
      if (!LOOKED_UP.has(name)) throw new Error(`${name} is taken out of the table: add it to LOOKED_UP`);
    }
  }
  return code
    .replace(TABLE, (table) => table.replace(SETTING, (all, name: string) => (LOOKED_UP.has(name) ? all : '')))
    .replace(USE_OF_SETTING, (all, name: string) => {
      const value = name === SET_BY_PAGES ? undefined : constants.get(name);
      return value === undefined ? all : value.startsWith('[') ? value : `(${value})`;
    });
}

const COUNTED = /(?:[\w.]+\.)?\bstatistics\.(\w+)(?:\+\+| \+= [^;]+);/g;
const COUNTER = /^ {2}(\w+) = 0;\n/gm;
const SNAPSHOT = /^ {2}snapshot\(\)[\s\S]*?^ {2}\}\n/m;
const TOLD_IN_SNAPSHOT = /^ +(\w+): .*,\n/gm;

function withoutCounters(code: string, told: ReadonlySet<string>): string {
  const keepTold = (all: string, name: string): string => (told.has(name) ? all : '');
  const isCounters = code.includes('export class Statistics');
  return (isCounters ? code.replace(COUNTER, keepTold) : code)
    .replace(COUNTED, (all, name: string) => keepTold(all, name) || ';')
    .replace(SNAPSHOT, (method) => method.replace(TOLD_IN_SNAPSHOT, keepTold));
}
