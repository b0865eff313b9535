import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { buildEmbedScripts, TARGET } from './player/build/embed-scripts.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

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

function embedScripts(): Plugin {
  return {
    name: 'swarmtube:embed-scripts',
    apply: 'build',
    closeBundle: async () => {
      await buildEmbedScripts();
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
