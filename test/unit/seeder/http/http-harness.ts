import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Router } from '../../../../seeder/http/router.ts';
import { SILENT_LOGGER } from '../../../../shared/basics/log.ts';

export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer };

export type Ask = (
  path: string,
  options?: { readonly method?: string; readonly headers?: Record<string, string> },
) => Promise<Answer>;

/** A router behind a real HTTP server, asked with exactly the path that a test writes. */
export async function serveRouter(t: TestContext, fill: (router: Router) => void): Promise<Ask> {
  const router = new Router(SILENT_LOGGER);
  fill(router);
  const server = createServer(router.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return (path, { method = 'GET', headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) }),
        );
        response.on('error', reject);
      });
      asked.on('error', reject);
      asked.end();
    });
}

export function errorOf(answer: Answer): { code: string; message: string } {
  return (JSON.parse(answer.body.toString()) as { error: { code: string; message: string } }).error;
}
