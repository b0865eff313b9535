import { fileURLToPath } from 'node:url';
import { build, defineConfig, type InlineConfig, type Plugin } from 'vite';
import { mangleProperties } from './vite.mangle-properties.ts';
import { privateNames } from './vite.private-names.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** What every current browser runs; older ones have no WebRTC or MSE worth having. */
const TARGET = ['es2022', 'chrome107', 'firefox110', 'safari16'];

/**
 * dist/player.js   classic: `<script src>` defines window.SwarmPlayer and <swarm-player>
 * dist/player.mjs  the same as a module
 * dist/watch.html, dist/embed.html: the pages, which use player.js as everybody does
 * dist/assets/     what the pages need, and the verifier that player.js loads where the browser has none
 */
export default defineConfig({
  root: path('player/watch'),
  base: '/',
  publicDir: false,
  plugins: [embedScripts(), playerScriptInPages()],
  build: {
    target: TARGET,
    outDir: path('dist'),
    // The server's build lives in the same folder.
    emptyOutDir: false,
    modulePreload: { polyfill: false },
    // A strict policy refuses data: in scripts and styles.
    assetsInlineLimit: 0,
    rolldownOptions: { input: { watch: path('player/watch/watch.html'), embed: path('player/watch/embed.html') } },
  },
});

/** A bundle of several pages shares chunks; each embed script must stand alone, and is therefore a build of its own. */
function embedScripts(): Plugin {
  return {
    name: 'swarmtube:embed-scripts',
    apply: 'build',
    async closeBundle() {
      const verifier = await buildScript('player/script-verifier-file.ts', 'es', 'assets/verify-[hash].js', {});
      const replaced: InlineConfig = {
        define: { SCRIPT_VERIFIER_FILE: JSON.stringify(verifier) },
        resolve: {
          alias: {
            // A quarter and an eighth of the script otherwise; the files say what they leave out.
            'socket.io-client': path('player/socket-io-websocket.ts'),
            '@noble/ed25519': path('player/script-verifier.ts'),
            '@noble/hashes/sha2.js': path('player/script-verifier.ts'),
          },
        },
        plugins: [privateNames(), mangleProperties()],
      };
      await buildScript('player/classic.ts', 'iife', 'player.js', replaced);
      await buildScript('player/module.ts', 'es', 'player.mjs', replaced);
    },
  };
}

/** Builds one script that stands alone; returns the name of its file. */
async function buildScript(entry: string, format: 'iife' | 'es', file: string, more: InlineConfig): Promise<string> {
  const result = await build({
    ...more,
    configFile: false,
    root: path('.'),
    publicDir: false,
    logLevel: 'warn',
    build: {
      target: TARGET,
      outDir: path('dist'),
      emptyOutDir: false,
      reportCompressedSize: false,
      // Not `build.lib`: that leaves the white space in modules.
      rolldownOptions: {
        input: path(entry),
        preserveEntrySignatures: 'strict',
        output: { format, entryFileNames: file, codeSplitting: false, ...(format === 'iife' && { name: 'swarmtube' }) },
      },
      modulePreload: false,
    },
  });
  const [bundle] = Array.isArray(result) ? result : [result];
  if (bundle === undefined || !('output' in bundle)) throw new Error(`${entry} was not built`);
  return bundle.output[0].fileName;
}

/** Vite would look for the script in the pages' folder; it is put in when the page is written. */
function playerScriptInPages(): Plugin {
  return {
    name: 'swarmtube:player-script',
    transformIndexHtml: {
      order: 'post',
      handler: () => [{ tag: 'script', attrs: { src: '/player.js', defer: true }, injectTo: 'head-prepend' }],
    },
  };
}
