import { fileURLToPath } from 'node:url';
import { build, defineConfig, type InlineConfig, type Plugin } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** What every current browser runs; older ones have no Ed25519, WebRTC or MSE worth having. */
const TARGET = ['es2022', 'chrome107', 'firefox110', 'safari16'];

/**
 * dist/player.js   classic: `<script src>` defines window.SwarmPlayer and <swarm-player>
 * dist/player.mjs  the same as a module
 * dist/watch.html, dist/embed.html and dist/assets/: the pages, which use player.js as everybody does
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
      await build(scriptBuild('player/classic.ts', 'iife', 'player.js'));
      await build(scriptBuild('player/index.ts', 'es', 'player.mjs'));
    },
  };
}

function scriptBuild(entry: string, format: 'iife' | 'es', fileName: string): InlineConfig {
  return {
    configFile: false,
    root: path('.'),
    publicDir: false,
    logLevel: 'warn',
    // A quarter of the script otherwise; the file says what it leaves out.
    resolve: { alias: { 'socket.io-client': path('player/socket-io-websocket.ts') } },
    build: {
      target: TARGET,
      outDir: path('dist'),
      emptyOutDir: false,
      reportCompressedSize: false,
      lib: { entry: path(entry), formats: [format], name: 'swarmtube', fileName: () => fileName },
    },
  };
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
