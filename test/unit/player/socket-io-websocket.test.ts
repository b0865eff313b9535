/*
 * The small socket.io client of the embed script, against the real socket.io server over a real websocket: greetings,
 * events both ways, answers, time-outs, the server's good-bye, and coming back after a break.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Server } from 'socket.io';
import { io, type Socket } from '../../../player/socket-io-websocket.ts';

const OPTIONS = {
  path: '/tracker',
  reconnectionDelay: 5,
  reconnectionDelayMax: 20,
  randomizationFactor: 0.5,
  timeout: 10_000,
};

async function startServer(t: TestContext): Promise<{ server: Server; http: HttpServer; origin: string }> {
  const http = createServer();
  const server = new Server(http, { path: '/tracker', addTrailingSlash: false, transports: ['websocket'] });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(() => server.close());
  return { server, http, origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

function client(t: TestContext, origin: string): Socket {
  const socket = io(origin, OPTIONS);
  t.after(() => socket.disconnect());
  return socket;
}

const heard = (socket: Socket, event: string): Promise<unknown> => new Promise((resolve) => socket.on(event, resolve));

test('events go both ways and questions are answered', async (t) => {
  const { server, origin } = await startServer(t);
  server.on('connection', (peer) => {
    peer.on('join', (request, answer) => answer({ welcome: request.name }));
    peer.on('signal', (signal) => peer.emit('signal', { echo: signal }));
  });
  const socket = client(t, origin);
  const connected = heard(socket, 'connect');
  const echo = heard(socket, 'signal');
  socket.connect();
  await connected;
  const answer = await new Promise((resolve, reject) => {
    socket
      .timeout(10_000)
      .emit('join', { name: 'ä "quoted" [list]' }, (failure, payload) =>
        failure ? reject(failure) : resolve(payload),
      );
  });
  assert.deepEqual(answer, { welcome: 'ä "quoted" [list]' });
  socket.emit('signal', { sdp: 'v=0\r\n' });
  assert.deepEqual(await echo, { echo: { sdp: 'v=0\r\n' } });
});

test('a question without an answer fails in time, and one at a break at once', async (t) => {
  const { server, origin } = await startServer(t);
  const asked = new Promise<void>((resolve) => {
    server.on('connection', (peer) => peer.on('later', () => resolve()));
  });
  const socket = client(t, origin);
  const connected = heard(socket, 'connect');
  socket.connect();
  await connected;
  const ask = (event: string, timeoutMs: number): Promise<Error | null> =>
    new Promise((resolve) => socket.timeout(timeoutMs).emit(event, null, resolve));
  assert.match(String(await ask('never', 10)), /timed out/);
  const pending = ask('later', 60_000);
  await asked;
  socket.disconnect();
  assert.match(String(await pending), /client disconnect/);
});

test('it stays away when the server says good-bye, and comes back when the line breaks', async (t) => {
  const { server, origin } = await startServer(t);
  const socket = client(t, origin);
  let connects = 0;
  let onConnect = (): void => {};
  socket.on('connect', () => {
    connects++;
    onConnect();
  });
  const nextConnect = (): Promise<void> =>
    new Promise((resolve) => {
      onConnect = resolve;
    });

  let connected = nextConnect();
  socket.connect();
  await connected;
  connected = nextConnect();
  const broken = heard(socket, 'disconnect');
  for (const [, peer] of server.sockets.sockets) peer.conn.close();
  assert.equal(await broken, 'transport close');
  await connected;
  assert.equal(connects, 2);

  const left = heard(socket, 'disconnect');
  server.disconnectSockets();
  assert.equal(await left, 'io server disconnect');
});

test('it keeps trying while nobody answers', async (t) => {
  const { http, server, origin } = await startServer(t);
  const port = (http.address() as AddressInfo).port;
  await server.close();
  const socket = client(t, origin);
  const connected = heard(socket, 'connect');
  socket.connect();
  const later = createServer();
  const again = new Server(later, { path: '/tracker', addTrailingSlash: false, transports: ['websocket'] });
  t.after(() => again.close());
  later.listen(port, '127.0.0.1');
  await connected;
});

test('nonsense from the server breaks nothing', async (t) => {
  const { server, origin } = await startServer(t);
  server.on('connection', (peer) => {
    peer.conn.write('2');
    peer.conn.write('2not json');
    peer.conn.write('99');
    peer.emit('real', 1);
  });
  const socket = client(t, origin);
  const real = heard(socket, 'real');
  socket.connect();
  assert.equal(await real, 1);
});
