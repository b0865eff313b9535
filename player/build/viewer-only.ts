import type { Plugin } from 'vite';
import { fieldsOf } from './reserved-names.ts';

/**
 * The engine is the same code at a viewer, at a seeder and in the simulator. A page only ever watches: its own role is a
 * constant there, so that the minifier finds what only a seeder does and leaves it out (a neighbour's role, `link.role`, stays
 * a question), and nothing is counted that `player.stats` does not tell.
 */
export function viewerOnly(): Plugin {
  const told = new Set([...fieldsOf('player/stats.ts'), 'links']);
  return {
    name: 'swarmtube:viewer-only',
    enforce: 'pre',
    transform: (code, id) =>
      id.includes('/shared/swarm/') ? { code: withoutCounters(withoutSeeder(code), told), map: null } : undefined,
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
