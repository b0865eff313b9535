import { fileURLToPath } from 'node:url';
import { build, type InlineConfig, type Rolldown } from 'vite';
import { privateNames } from './private-names.ts';
import { shorten } from './shorten.ts';
import { viewerOnly } from './viewer-only.ts';

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

/** What every current browser runs; older ones have no WebRTC or MSE worth having. */
export const TARGET = ['es2022', 'chrome107', 'firefox110', 'safari16'];

/** What a page loads before it can ask for a first packet, gzipped at level 9: 0.4 s on a line of 1 Mbit/s. */
export const PLAYER_GZIPPED_BYTES_MAX = 50 * 1024;

export type EmbedScripts = { readonly player: Rolldown.OutputChunk; readonly verifier: Rolldown.OutputChunk };

/**
 * Builds player.js (classic), player.mjs (module), and the verifier that both load where the browser has none. Each is a
 * build of its own, as each must stand alone. Without `write` only what is returned is built: player.js and its verifier.
 */
export async function buildEmbedScripts({ write = true } = {}): Promise<EmbedScripts> {
  const verifier = await buildScript('player/script-verifier-file.ts', 'es', 'assets/verify-[hash].js', write, {});
  const replaced: InlineConfig = {
    define: { SCRIPT_VERIFIER_FILE: JSON.stringify(verifier.fileName) },
    resolve: {
      // A third of the script otherwise; the files say what they leave out.
      alias: [
        { find: 'socket.io-client', replacement: path('player/socket-io-websocket.ts') },
        { find: '@noble/ed25519', replacement: path('player/script-verifier.ts') },
        { find: '@noble/hashes/sha2.js', replacement: path('player/script-verifier.ts') },
        { find: /^.*\/utf8\.ts$/, replacement: path('player/native-utf8.ts') },
      ],
    },
    plugins: [viewerOnly(), privateNames(), shorten()],
  };
  const classic = await buildScript('player/classic.ts', 'iife', 'player.js', write, replaced);
  if (write) await buildScript('player/module.ts', 'es', 'player.mjs', write, replaced);
  return { player: classic, verifier };
}

async function buildScript(
  entry: string,
  format: 'iife' | 'es',
  file: string,
  write: boolean,
  more: InlineConfig,
): Promise<Rolldown.OutputChunk> {
  const result = await build({
    ...more,
    configFile: false,
    root: path('.'),
    publicDir: false,
    logLevel: 'warn',
    build: {
      write,
      target: TARGET,
      outDir: path('dist'),
      // The pages and the server's build live in the same folder.
      emptyOutDir: false,
      reportCompressedSize: false,
      modulePreload: false,
      // Not `build.lib`: that leaves the white space in modules.
      rolldownOptions: {
        input: path(entry),
        checks: { pluginTimings: false },
        preserveEntrySignatures: 'strict',
        output: { format, entryFileNames: file, codeSplitting: false, ...(format === 'iife' && { name: 'swarmtube' }) },
      },
    },
  });
  const [bundle] = Array.isArray(result) ? result : [result];
  if (bundle === undefined || !('output' in bundle)) throw new Error(`${entry} was not built`);
  return bundle.output[0];
}
