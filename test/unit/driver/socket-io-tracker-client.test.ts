/*
 * The client against a tracker of the test's own that misbehaves: nonsense, silence, refusals, a broken connection. Against
 * the real tracker it is tested in test/unit/tracker/socket-server.test.ts.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Server, type Socket } from 'socket.io';
import type { PeerId } from '../../../shared/basics/units.ts';
import type { TrackerClient, TrackerClientEvents } from '../../../shared/driver/ports.ts';
import { createTrackerClient } from '../../../shared/driver/socket-io-tracker-client.ts';
import type { JoinRequest, PeerReport } from '../../../shared/wire/tracker-messages.ts';

const JOIN: JoinRequest = { protocol: 1, channel: 'demo', role: 'viewer', token: 'secret' };
const ANSWER = {
  peerId: 'AAAAbbbb0000_-zz',
  serverTimeMs: 5,
  iceServers: [],
  introductions: [],
  swarm: { isShort: false, viewers: 1 },
  commitments: [],
};
const REPORT: PeerReport = {
  slots: 8,
  slotsUsed: 2,
  lagMs: [7],
  links: 9,
  bytesFromPeers: 100,
  bytesFromServer: 100,
  bytesToPeers: 100,
  latencyMs: 2000,
  stalls: 1,
  stallMs: 10,
  banned: ['CCCCbbbb0000_-zz' as PeerId],
};

type Acknowledge = (reply: unknown) => void;

test('joins with what it was given, and hands on what the tracker says', async (context) => {
  const { next, events } = await session(context, (socket) => {
    socket.on('join', (request, acknowledge: Acknowledge) => {
      assert.deepEqual(request, JOIN);
      acknowledge({ answer: ANSWER });
      socket.emit('introduce', [{ peerId: ANSWER.peerId, role: 'viewer', offers: true }]);
      socket.emit('swarm', { isShort: true, viewers: 2 });
      socket.emit('gone', ANSWER.peerId);
    });
  });
  await next('gone');
  assert.deepEqual(events, ['joined', 'introduced', 'swarm', 'gone']);
});

test('after a break it joins anew with the links that live on, and tells its last report without the counters', async (context) => {
  const joins: unknown[] = [];
  const reports = deferred<unknown>();
  const { client, next, events } = await session(context, (socket) => {
    socket.on('join', (request, acknowledge: Acknowledge) => {
      joins.push(request);
      acknowledge({ answer: ANSWER });
    });
    socket.on('report', (report) => {
      if (joins.length === 2) reports.resolve(report);
      else socket.conn.close();
    });
  });
  await next('joined');
  const again = next('joined');
  client.report(REPORT);
  await again;
  assert.deepEqual(joins, [JOIN, { ...JOIN, links: 9 }]);
  const zeroes = { bytesFromPeers: 0, bytesFromServer: 0, bytesToPeers: 0, stalls: 0, stallMs: 0, banned: [] };
  assert.deepEqual(await reports.promise, { ...REPORT, ...zeroes });
  assert.deepEqual(events, ['joined', 'lost', 'joined']);
});

test('comes back after the server closed the session, and after a refusal that may pass', async (context) => {
  let sessions = 0;
  const { next, events } = await session(context, (socket) => {
    const number = ++sessions;
    socket.on('join', (_request, acknowledge: Acknowledge) => {
      if (number === 1) socket.disconnect(true);
      else if (number === 2) acknowledge({ refusal: { code: 'unknown-channel', message: 'Not yet.' } });
      else acknowledge({ answer: ANSWER });
    });
  });
  await next('joined');
  assert.deepEqual(events, ['refused', 'joined']);
});

test('a refusal that waiting does not mend is final', async (context) => {
  const gone = deferred<void>();
  const { next, events } = await session(context, (socket) => {
    socket.on('join', (_request, acknowledge: Acknowledge) =>
      acknowledge({ refusal: { code: 'forbidden', message: 'No.' } }),
    );
    socket.on('disconnect', () => gone.resolve());
  });
  await next('refused');
  await gone.promise;
  assert.deepEqual(events, ['refused']);
});

test('a tracker that talks nonsense is left, none of it reaches the peer, and it is asked again', async (context) => {
  let sessions = 0;
  const nonsense = ['text', { answer: { ...ANSWER, peerId: '<script>' } }, { answer: null }, 7];
  const { next, events } = await session(context, (socket) => {
    const number = sessions++;
    socket.on('join', (_request, acknowledge: Acknowledge) => acknowledge(nonsense[number] ?? { answer: ANSWER }));
  });
  await next('joined');
  assert.equal(sessions, nonsense.length + 1);
  assert.deepEqual(events, ['joined']);
});

test('a tracker that never answers a join is left and asked again', async (context) => {
  let sessions = 0;
  const welcome = (socket: Socket): void => {
    const number = ++sessions;
    socket.on('join', (_request, acknowledge: Acknowledge) => {
      if (number > 1) acknowledge({ answer: ANSWER });
    });
  };
  const { next } = await session(context, welcome, 200);
  await next('joined');
  assert.ok(sessions > 1);
});

test('what is said while there is no session is not kept; after closing nothing is heard and nothing comes back', async (context) => {
  const heard: string[] = [];
  const left = deferred<void>();
  const { client, next, events } = await session(context, (socket) => {
    socket.onAny((event: string) => heard.push(event));
    socket.on('join', (_request, acknowledge: Acknowledge) => acknowledge({ answer: ANSWER }));
    socket.on('leave', (_nothing, acknowledge: Acknowledge) => {
      socket.emit('swarm', { isShort: true, viewers: 2 });
      acknowledge(undefined);
    });
    socket.on('disconnect', () => left.resolve());
  });
  client.ask({ substreams: [0] });
  await next('joined');
  client.report(REPORT);
  client.close();
  client.ask({ substreams: [0] });
  client.close();
  await left.promise;
  assert.deepEqual(heard, ['join', 'report', 'leave']);
  assert.deepEqual(events, ['joined']);
});

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

type Happening = 'joined' | 'introduced' | 'signal' | 'swarm' | 'gone' | 'lost' | 'refused';

async function session(context: TestContext, welcome: (socket: Socket) => void, timeoutMs = 10_000) {
  const http = createServer();
  const server = new Server(http, { path: '/tracker', addTrailingSlash: false, transports: ['websocket'] });
  server.on('connection', welcome);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const events: Happening[] = [];
  const waiting: { happening: Happening; resolve: () => void }[] = [];
  const happened = (happening: Happening) => (): void => {
    events.push(happening);
    for (const one of waiting.filter((one) => one.happening === happening)) {
      waiting.splice(waiting.indexOf(one), 1);
      one.resolve();
    }
  };
  const listeners: TrackerClientEvents = {
    onJoined: happened('joined'),
    onIntroduced: happened('introduced'),
    onSignal: happened('signal'),
    onSwarmState: happened('swarm'),
    onGone: happened('gone'),
    onLost: happened('lost'),
    onRefused: happened('refused'),
  };
  const options = { reconnectDelayMs: 5, reconnectDelayMsMax: 10, refusedDelayMs: 5, timeoutMs };
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/tracker`;
  const client: TrackerClient = createTrackerClient(url, options)(JOIN, listeners);
  context.after(async () => {
    client.close();
    await server.close();
  });
  const next = (happening: Happening): Promise<void> => new Promise((resolve) => waiting.push({ happening, resolve }));
  return { client, next, events };
}
