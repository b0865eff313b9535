import { minify } from 'terser';
import type { Plugin } from 'vite';
import { reservedNames } from './reserved-names.ts';

/**
 * Shortens the embed scripts with terser, properties included: a twelfth of them, gzipped. Kept are the names of
 * `reserved-names.ts`, those of the browser's that terser knows, and every name that stands in the script as a text too,
 * as it may be looked up by it (`tracks['video']`). Vite's own minifier comes behind: it names private members class by
 * class, so that the same few names return everywhere.
 */
export function shorten(): Plugin {
  return {
    name: 'swarmtube:shorten',
    transform: (code, id) => (id.endsWith('/ui/style.ts') ? { code: withoutSpace(code), map: null } : undefined),
    renderChunk: async (code, _chunk, { format }) => {
      const { code: short } = await minify(withoutSentences(code), {
        ecma: 2020,
        module: format === 'es',
        compress: { passes: 3, inline: 1, pure_getters: true, unsafe_arrows: true },
        mangle: { properties: { keep_quoted: true, reserved: [...reservedNames(), ...namesInTexts(code)] } },
      });
      if (short === undefined) throw new Error('terser gave nothing');
      return { code: short, map: null };
    },
  };
}

const TEXT_THAT_IS_A_NAME = /(['"`])([A-Za-z_$][\w$]*)\1/g;

function namesInTexts(code: string): Set<string> {
  return new Set([...code.matchAll(TEXT_THAT_IS_A_NAME)].map(([, , name = '']) => name));
}

const FAULT_OF_A_PEER = /new (WireError|PacketError)\(([^,()]*), (?:`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*")\)/g;

/** What is wrong with a peer's bytes nobody reads in a page, which keeps no log: the code of the fault is enough. */
function withoutSentences(code: string): string {
  return code.replace(FAULT_OF_A_PEER, 'new $1($2)');
}

/** A style sheet in a template: its selectors keep the spaces between names. */
function withoutSpace(code: string): string {
  return code.replace(/`[^`]*`/g, (css) =>
    css
      .replace(/\s+/g, ' ')
      .replace(/ ?([{};,]) ?/g, '$1')
      .replaceAll(': ', ':'),
  );
}
