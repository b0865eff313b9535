/*
 * The tracker's shell and the client against each other over real websockets on a free port: sessions, refusals, limits
 * at the door, and coming back after the tracker was gone. What the core decides is tested in tracker.test.ts.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { io } from 'socket.io-client';
import type { TrackerClient, TrackerClientEvents } from '../../../shared/driver/ports.ts';
import { createTrackerClient } from '../../../shared/driver/socket-io-tracker-client.ts';
import type {
  JoinAnswer,
  JoinRequest,
  SignalEnvelope,
  SwarmState,
  TrackerRefusal,
} from '../../../shared/wire/tracker-messages.ts';
import { authoriseByChannel } from '../../../tracker/authorise.ts';
import { attachTracker, type TrackerServer, type TrackerServerOptions } from '../../../tracker/socket-server.ts';
import { EMPTY_REPORT } from '../../support/empty-report.ts';

const AUTHORISE = authoriseByChannel({
  isKnown: (channel) => channel === 'demo' || channel === 'other',
  seederToken: (channel) => (channel === 'demo' ? 'open sesame' : undefined),
});
const VIEWER: JoinRequest = { protocol: 1, channel: 'demo', role: 'viewer' };

test('two viewers are introduced, exactly one offers, and signals go between them', async (context) => {
  const { url } = await startTracker(context);
  const first = await joinedViewer(context, url);
  const introducedToFirst = first.next('introduced');
  const second = await joinedViewer(context, url);
  assert.deepEqual(second.answer.introductions, [{ peerId: first.answer.peerId, role: 'viewer', offers: true }]);
  assert.deepEqual(await introducedToFirst, [{ peerId: second.answer.peerId, role: 'viewer', offers: false }]);
  const arrived = first.next('signal');
  second.client.signal({ peerId: first.answer.peerId, signal: { type: 'offer', sdp: OFFER } });
  const { peerId, signal } = (await arrived) as SignalEnvelope;
  assert.equal(peerId, second.answer.peerId);
  assert.ok(signal.type === 'offer' && signal.sdp.includes('a=ice-ufrag:8mLO'));
});

test('the answer to a join tells the time, the STUN responder by the name that was used, and further servers', async (context) => {
  const turn = { urls: 'turn:turn.example.org', username: 'u', credential: 'c' };
  const { url } = await startTracker(context, { ice: { stunPort: 3478, iceServers: [turn] } });
  const before = Date.now();
  const { answer } = await joinedViewer(context, url);
  assert.deepEqual(answer.iceServers, [{ urls: 'stun:127.0.0.1:3478' }, turn]);
  assert.ok(answer.serverTimeMs >= before && answer.serverTimeMs <= Date.now());
  assert.match(answer.peerId, /^[A-Za-z0-9_-]{16}$/);
});

test('a seeder without the token, and a viewer of an unknown channel, are told why', async (context) => {
  const { url } = await startTracker(context);
  const rows: [Partial<JoinRequest>, TrackerRefusal['code']][] = [
    [{ role: 'seeder' }, 'forbidden'],
    [{ role: 'seeder', token: 'open sesam' }, 'forbidden'],
    [{ role: 'seeder', channel: 'other', token: '' }, 'forbidden'],
    [{ channel: 'nobody' }, 'unknown-channel'],
    [{ protocol: 99 }, 'protocol-version'],
  ];
  for (const [change, code] of rows) {
    const session = openSession(context, url, { ...VIEWER, ...change });
    const refusal = (await session.next('refused')) as TrackerRefusal;
    assert.equal(refusal.code, code);
    assert.match(refusal.message, /^[A-Z].*\.$/);
  }
  const seeder = openSession(context, url, { ...VIEWER, role: 'seeder', token: 'open sesame' });
  await seeder.next('joined');
});

test('after the tracker restarted with empty memory viewers rejoin, with the links they kept', async (context) => {
  const first = await startTracker(context);
  const viewer = await joinedViewer(context, first.url);
  viewer.client.report({ ...REPORT, links: 30 });
  const lost = viewer.next('lost');
  const rejoined = viewer.next('joined');
  await first.stop();
  await lost;
  const second = await startTracker(context, {}, Number(new URL(first.url).port));
  const answer = (await rejoined) as JoinAnswer;
  assert.notEqual(answer.peerId, viewer.answer.peerId);
  // It has links enough: nobody new is offered to it.
  await joinedViewer(context, second.url);
  assert.equal(second.tracker.viewers('demo'), 2);
});

test('a viewer that closes is forgotten, and whoever signals to it hears that it is gone', async (context) => {
  const { url, tracker } = await startTracker(context);
  const leaver = await joinedViewer(context, url);
  const stayer = await joinedViewer(context, url);
  const gone = stayer.next('gone');
  leaver.client.close();
  assert.equal(await gone, leaver.answer.peerId);
  assert.equal(tracker.viewers('demo'), 1);
});

test('the members of a channel are told how the swarm is', async (context) => {
  const { url } = await startTracker(context);
  const viewer = await joinedViewer(context, url);
  assert.equal(((await viewer.next('swarm')) as SwarmState).viewers, 1);
});

test('reports are summed up by channel', async (context) => {
  const { url, tracker } = await startTracker(context);
  const viewer = await joinedViewer(context, url);
  const other = await joinedViewer(context, url);
  viewer.client.report({ ...REPORT, bytesFromPeers: 7, bytesToPeers: 5, latencyMs: 2100 });
  // Told on the same socket behind the report: when the peer hears of it, the report has been read.
  const told = other.next('gone');
  viewer.client.close();
  await told;
  const [channel] = tracker.stats().channels;
  assert.equal(channel?.channel, 'demo');
  assert.equal(channel?.viewers, 1);
  assert.deepEqual(channel?.latencySamplesMs, [2100]);
});

test('pages of other origins are turned away at the door, programs without an origin are not', async (context) => {
  const { url } = await startTracker(context, { allowedOrigins: ['https://good.example'] });
  assert.equal(await opens(context, url, { origin: 'https://evil.example' }), false);
  assert.equal(await opens(context, url, { origin: 'https://good.example' }), true);
  assert.equal(await opens(context, url, { origin: new URL(url).origin }), true, 'our own watch page');
  assert.equal(await opens(context, url, {}), true);
});

test('one address may not open more sockets than its share, another one still may', async (context) => {
  const { url } = await startTracker(context, { trustProxy: true, socketLimits: { socketsPerAddressMax: 2 } });
  const from = (address: string) => opens(context, url, { 'x-forwarded-for': `198.51.100.77, ${address}` });
  assert.equal(await from('203.0.113.1'), true);
  assert.equal(await from('203.0.113.1'), true);
  assert.equal(await from('203.0.113.1'), false);
  assert.equal(await from('203.0.113.2'), true);
});

test('a socket that floods is cut, others do not notice', async (context) => {
  const { url } = await startTracker(context, { socketLimits: { messagesPerSocket: { burst: 50, perSecond: 1 } } });
  const viewer = await joinedViewer(context, url);
  const flooder = rawSocket(context, url, {});
  await once(flooder as never, 'connect');
  const cut = new Promise((resolve) => flooder.once('disconnect', resolve));
  for (let count = 0; count < 200; count++) flooder.emit('ask', { substreams: [] });
  await cut;
  const other = await joinedViewer(context, url);
  assert.equal(other.answer.introductions[0]?.peerId, viewer.answer.peerId);
});

test('whatever is not a message of the protocol costs the sender its socket and nobody else anything', async (context) => {
  const { url, tracker } = await startTracker(context);
  const hostile: [string, unknown][] = [
    ['join', { protocol: 1, channel: '../etc', role: 'viewer' }],
    ['join', null],
    ['report', { slots: 'many' }],
    ['signal', { peerId: 'x' }],
    ['ask', { substreams: new Array(1000).fill(0) }],
    ['ask', { substreams: [0] }],
  ];
  for (const [event, payload] of hostile) {
    const socket = rawSocket(context, url, {});
    await once(socket as never, 'connect');
    const refused = new Promise<TrackerRefusal>((resolve) => socket.once('refused', resolve));
    socket.emit(event, payload, () => {});
    assert.equal((await refused).code, 'bad-request', event);
  }
  await joinedViewer(context, url);
  assert.equal(tracker.viewers('demo'), 1);
});

test('a message over 64 KiB closes the socket', async (context) => {
  const { url } = await startTracker(context);
  const socket = rawSocket(context, url, {});
  await once(socket as never, 'connect');
  const closed = new Promise((resolve) => socket.once('disconnect', resolve));
  socket.emit('report', 'x'.repeat(70_000));
  await closed;
});

test('a socket that never reads is cut before what others say to it fills our memory', async (context) => {
  const socketLimits = { messagesPerSocket: { burst: 1e9, perSecond: 1 } };
  const { url, tracker } = await startTracker(context, { socketLimits });
  const stalled = rawSocket(context, url, {});
  await once(stalled as never, 'connect');
  await stalled.timeout(5000).emitWithAck('join', VIEWER);
  const transport = stalled.io.engine.transport as unknown as { ws: { _socket: { pause(): void } } };
  transport.ws._socket.pause();
  // Each signal to somebody who is not there is answered.
  const signal = { type: 'candidate', candidate: '', mid: '0' };
  while (tracker.stats().sockets > 0) {
    for (let count = 0; count < 500; count++) stalled.emit('signal', { peerId: NOBODY, signal });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});

test('long polling is not spoken, and the HTTP server answers everything else itself, also after the tracker closed', async (context) => {
  const { url, stop } = await startTracker(context);
  const polling = await fetch(`${url}?EIO=4&transport=polling`);
  assert.equal(polling.status, 400);
  await polling.body?.cancel();
  const page = async () => (await fetch(new URL('/page', url))).text();
  assert.equal(await page(), 'the page');
  await stop(false);
  assert.equal(await page(), 'the page');
});

const NOBODY = 'AAAAbbbb0000_-zz';

const REPORT = { ...EMPTY_REPORT, slots: 8, lagMs: [1, 1, 1, 1, 1, 1, 1, 1], links: 1 };

const OFFER = [
  'v=0',
  'o=rtc 3968573239 0 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=ice-ufrag:8mLO',
  'a=ice-pwd:+WyG5s9OD0dzZHC7LGwI8D',
  `a=fingerprint:sha-256 ${new Array(32).fill('AB').join(':')}`,
  'a=setup:actpass',
  'a=sctp-port:5000',
  '',
].join('\r\n');

type Started = { readonly url: string; readonly tracker: TrackerServer; stop(alsoHttp?: boolean): Promise<void> };

async function startTracker(
  context: TestContext,
  options: Partial<TrackerServerOptions> = {},
  port = 0,
): Promise<Started> {
  const server: Server = createServer((_request, response) => response.end('the page'));
  const tracker = attachTracker(server, { authorise: AUTHORISE, ...options });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (alsoHttp = true): Promise<void> => {
    await tracker.close();
    if (!alsoHttp || !server.listening) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  context.after(() => stop());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tracker`, tracker, stop };
}

type Happening = 'joined' | 'introduced' | 'signal' | 'swarm' | 'gone' | 'lost' | 'refused';
type Session = { readonly client: TrackerClient; next(happening: Happening): Promise<unknown> };

function openSession(context: TestContext, url: string, request: JoinRequest): Session {
  const waiting = new Map<Happening, ((value: unknown) => void)[]>();
  const happened = (happening: Happening) => (value?: unknown) => {
    for (const resolve of waiting.get(happening)?.splice(0) ?? []) resolve(value);
  };
  const events: TrackerClientEvents = {
    onJoined: happened('joined'),
    onIntroduced: happened('introduced'),
    onSignal: happened('signal'),
    onSwarmState: happened('swarm'),
    onGone: happened('gone'),
    onLost: happened('lost'),
    onRefused: happened('refused'),
  };
  const client = createTrackerClient(url, { reconnectDelayMs: 20, reconnectDelayMsMax: 50 })(request, events);
  context.after(() => client.close());
  const next = (happening: Happening): Promise<unknown> =>
    new Promise((resolve) => waiting.set(happening, [...(waiting.get(happening) ?? []), resolve]));
  return { client, next };
}

async function joinedViewer(context: TestContext, url: string): Promise<Session & { answer: JoinAnswer }> {
  const session = openSession(context, url, VIEWER);
  return { ...session, answer: (await session.next('joined')) as JoinAnswer };
}

function rawSocket(context: TestContext, url: string, extraHeaders: Record<string, string>) {
  const { origin, pathname } = new URL(url);
  const socket = io(origin, {
    path: pathname,
    addTrailingSlash: false,
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders,
  });
  context.after(() => socket.disconnect());
  return socket;
}

function opens(context: TestContext, url: string, headers: Record<string, string>): Promise<boolean> {
  const socket = rawSocket(context, url, headers);
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('connect_error', () => resolve(false));
  });
}
