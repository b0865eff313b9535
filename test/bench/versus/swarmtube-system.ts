import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { channelBytes } from '../../support/channel-facts.ts';
import { sum } from '../../support/figures.ts';
import type { PlayerStats } from '../../support/player-page.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { publishViewer } from '../../support/viewers.ts';
import type { System } from './system.ts';

const CHANNEL = 'versus';

/** `attributes` are the player's in the page. */
type Settings = Pick<System, 'id' | 'title' | 'text'> & { readonly attributes: string };

export function swarmtubeSystem({ id, title, text, attributes }: Settings): System {
  return {
    id,
    title,
    text,
    async start({ camera, website }) {
      const args = ['seed', camera.url, '--channel', CHANNEL];
      const server = new ServerProcess({ args }, await mkdtemp(join(tmpdir(), 'swarmtube-versus-')));
      try {
        await server.start();
        const pageUrl = await publishViewer({ site: website, serverUrl: server.url, channel: CHANNEL, attributes });
        const script = await (await fetch(`${server.url}/player.js`)).bytes();
        return {
          pageUrl,
          serverPid: server.pid,
          scriptBytes: gzipSync(script, { level: 9 }).byteLength,
          async traffic() {
            const { stream, origin } = await channelBytes(server.url, CHANNEL);
            return { sentBytes: sum([...origin.values()]), streamBytes: stream };
          },
          async delivered({ page }) {
            const stats = await page.evaluate(() => {
              const player = document.querySelector('swarm-player') as HTMLElement & { readonly stats: PlayerStats };
              return { ...player.stats };
            });
            return { fromPeers: stats.bytesFromPeers, fromServer: stats.bytesFromServer, toPeers: stats.bytesToPeers };
          },
          close: () => server.dispose(),
        };
      } catch (error) {
        await server.dispose();
        throw error;
      }
    },
  };
}
