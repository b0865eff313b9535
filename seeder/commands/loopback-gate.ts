import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type LoopbackGate = { readonly url: string; close(): void };

/**
 * A way to the server's websockets from this machine only, without TLS: our own seeder would otherwise have to believe a
 * certificate that was made out for another name.
 */
export async function openLoopbackGate(server: Server): Promise<LoopbackGate> {
  const gate = createServer((_, response) => response.writeHead(404).end());
  gate.on('upgrade', (request, socket, head) => server.emit('upgrade', request, socket, head));
  await new Promise<void>((resolve, reject) => {
    gate.once('error', reject);
    gate.listen({ host: '127.0.0.1', port: 0 }, resolve);
  });
  return {
    url: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
    close: () => {
      gate.close();
      gate.closeAllConnections();
    },
  };
}
