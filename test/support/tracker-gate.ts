import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';

/** A door in front of a server through which HTTP always passes, and the tracker's websockets only while it is open. */
export type TrackerGate = {
  readonly url: string;
  /** Websockets that are open through it now. */
  readonly sockets: number;
  /** Websockets that were ever let through. */
  readonly passed: number;
  /** Cuts every websocket and refuses new ones. */
  shut(): void;
  open(): void;
};

export async function startTrackerGate(t: TestContext, serverUrl: string): Promise<TrackerGate> {
  const upstream = new URL(serverUrl);
  const sockets = new Set<Duplex>();
  let isOpen = true;
  let passed = 0;

  const gate = createServer((request, response) => {
    const { method, url: path, headers } = request;
    const onward = httpRequest({ host: upstream.hostname, port: upstream.port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  gate.on('upgrade', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    if (!isOpen) {
      client.destroy();
      return;
    }
    passed++;
    const server = connect(Number(upstream.port), upstream.hostname);
    const headers = request.rawHeaders.map((text, index) => text + (index % 2 === 0 ? ': ' : '\r\n')).join('');
    server.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers}\r\n`);
    server.write(head);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    gate.closeAllConnections();
    gate.close();
  });
  return {
    url: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
    get sockets() {
      return sockets.size / 2;
    },
    get passed() {
      return passed;
    },
    shut() {
      isOpen = false;
      for (const socket of sockets) socket.destroy();
    },
    open() {
      isOpen = true;
    },
  };
}
