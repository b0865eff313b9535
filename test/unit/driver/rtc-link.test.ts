// A link over a scripted transport: what is held until both descriptions are there, when it opens, and that it closes
// once, with a reason, and is silent from then on.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { DEFAULT_RTC_LINK_TIMES, RtcLink, type RtcLinkTimes } from '../../../shared/driver/rtc-link.ts';
import type { RtcTransport, RtcTransportEvents } from '../../../shared/driver/rtc-transport.ts';

const links: RtcLink[] = [];
afterEach(() => {
  for (const link of links.splice(0)) link.close();
});

test('the side that offers holds candidates of both directions until both descriptions are there', async () => {
  const { link, transport, log } = scripted(true);
  await settled();
  transport.events.onCandidate('candidate:1', '0');
  link.signal({ type: 'candidate', candidate: 'candidate:r1', mid: '0' });
  assert.deepEqual(log, ['offer']);
  transport.events.onDescription({ type: 'offer', sdp: 'O' });
  assert.deepEqual(log.splice(0), ['offer', 'signal offer', 'signal candidate:1']);
  link.signal({ type: 'answer', sdp: 'A' });
  await settled();
  link.signal({ type: 'candidate', candidate: 'candidate:r2', mid: '0' });
  await settled();
  assert.deepEqual(log, ['accept answer', 'add candidate:r1', 'add candidate:r2']);
});

test('the side that answers waits for the offer, then sends its own answer before its candidates', async () => {
  const { link, transport, log } = scripted(false);
  await settled();
  link.signal({ type: 'candidate', candidate: 'candidate:r1', mid: '0' });
  link.signal({ type: 'offer', sdp: 'O' });
  await settled();
  transport.events.onCandidate('candidate:1', '0');
  transport.events.onDescription({ type: 'answer', sdp: 'A' });
  await settled();
  assert.deepEqual(log, ['accept offer', 'signal answer', 'signal candidate:1', 'add candidate:r1']);
});

test('a description of the wrong kind, or a second one, is not answered', async () => {
  const { link, transport, log } = scripted(false);
  link.signal({ type: 'answer', sdp: 'A' });
  link.signal({ type: 'offer', sdp: 'O' });
  link.signal({ type: 'offer', sdp: 'O2' });
  await settled();
  transport.events.onDescription({ type: 'answer', sdp: 'A' });
  transport.events.onDescription({ type: 'answer', sdp: 'A2' });
  assert.deepEqual(log, ['accept offer', 'signal answer']);
});

test('no more than forty candidates of a peer are taken', async () => {
  const { link, transport, log } = scripted(true);
  for (let number = 0; number < 100; number++) {
    link.signal({ type: 'candidate', candidate: `candidate:${number}`, mid: '0' });
  }
  await negotiate(link, transport);
  assert.equal(log.filter((line) => line.startsWith('add')).length, 40);
});

test('it is open when both channels are; what came before is handed over after that, in order', async () => {
  const { link, transport, log } = scripted(true);
  await negotiate(link, transport);
  log.length = 0;
  transport.events.onChannelOpen('control');
  transport.events.onMessage('control', Uint8Array.of(1));
  transport.events.onMessage('data', Uint8Array.of(2));
  assert.equal(link.send('control', Uint8Array.of(9)), false);
  transport.events.onChannelOpen('data');
  transport.events.onMessage('control', Uint8Array.of(3));
  assert.deepEqual(log, ['open 17', 'message control 1', 'message data 2', 'message control 3']);
  assert.equal(link.send('control', Uint8Array.of(9)), true);
});

test('a peer that floods before the link is open is hung up on', async () => {
  const { transport, log } = scripted(true);
  for (let number = 0; number < 100; number++) transport.events.onMessage('data', Uint8Array.of(number));
  await settled();
  assert.deepEqual(log, ['close', 'gone', 'closed early-flood']);
});

const ENDINGS: readonly [title: string, reason: string, end: (events: RtcTransportEvents) => void][] = [
  ['a channel closes', 'closed-by-peer', (events) => events.onChannelClosed('data')],
  ['the connection closes', 'closed-by-peer', (events) => events.onState('closed')],
  ['ICE fails', 'ice-failed', (events) => events.onState('failed')],
];
for (const [title, reason, end] of ENDINGS) {
  test(`when ${title} it tells why, once, and is silent afterwards`, async () => {
    const { link, transport, log } = await opened();
    end(transport.events);
    end(transport.events);
    transport.events.onMessage('control', Uint8Array.of(1));
    transport.events.onDrained();
    transport.events.onCandidate('candidate:9', '0');
    link.signal({ type: 'candidate', candidate: 'candidate:r9', mid: '0' });
    await settled();
    assert.deepEqual(log, ['close', 'gone', `closed ${reason}`]);
    assert.equal(link.send('data', Uint8Array.of(1)), false);
    assert.equal(link.bufferedBytes(), 0);
  });
}

test('closing it twice closes the transport once and calls back never', async () => {
  const { link, transport, log } = await opened();
  link.close();
  link.close();
  transport.events.onState('closed');
  transport.events.onChannelClosed('control');
  assert.deepEqual(log, ['close', 'gone']);
});

test('a disconnection that heals is no end, one that lasts is', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { transport, log } = await opened();
  transport.events.onState('disconnected');
  context.mock.timers.tick(DEFAULT_RTC_LINK_TIMES.disconnectedTimeoutMs - 1);
  transport.events.onState('connected');
  context.mock.timers.tick(60_000);
  assert.deepEqual(log, []);
  transport.events.onState('disconnected');
  context.mock.timers.tick(DEFAULT_RTC_LINK_TIMES.disconnectedTimeoutMs);
  assert.deepEqual(log, ['close', 'gone', 'closed disconnected']);
});

test('a peer that never answers is given up', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { log } = scripted(true);
  context.mock.timers.tick(DEFAULT_RTC_LINK_TIMES.connectTimeoutMs);
  assert.deepEqual(log, ['close', 'gone', 'closed connect-timeout']);
});

for (const step of ['offer', 'accept'] as const) {
  test(`${step} that fails closes the link with the reason`, async () => {
    const { link, transport, log } = scripted(step === 'offer');
    transport.failing = step;
    if (step === 'accept') link.signal({ type: 'offer', sdp: 'garbage' });
    await settled();
    assert.equal(log.at(-1), step === 'offer' ? 'closed offer-failed: broken' : 'closed bad-description: broken');
  });
}

test('a candidate that the implementation refuses is passed over', async () => {
  const { link, transport, log } = await opened();
  transport.failing = 'add';
  link.signal({ type: 'candidate', candidate: 'candidate:x', mid: '0' });
  await settled();
  assert.deepEqual(log, ['add candidate:x']);
});

test('a transport that cannot be made at all is told after the constructor has returned', async () => {
  const log: string[] = [];
  const refuse = (): RtcTransport => {
    throw new Error('no such ICE server');
  };
  new RtcLink(refuse, true, [], eventsInto(log), () => log.push('gone'));
  assert.deepEqual(log, []);
  await settled();
  assert.deepEqual(log, ['gone', 'closed no-transport: no such ICE server']);
});

test('a link that holds a megabyte takes no more, and one whose channel throws says no', async () => {
  const { link, transport } = await opened();
  transport.buffered = 1024 * 1024;
  assert.equal(link.send('data', Uint8Array.of(1)), false);
  transport.buffered = 0;
  assert.equal(link.send('data', Uint8Array.of(1)), true);
  transport.failing = 'send';
  assert.equal(link.send('data', Uint8Array.of(1)), false);
});

class ScriptedTransport implements RtcTransport {
  readonly events: RtcTransportEvents;
  private readonly log: string[];
  failing: 'offer' | 'accept' | 'add' | 'send' | undefined;
  buffered = 0;

  constructor(events: RtcTransportEvents, log: string[]) {
    this.events = events;
    this.log = log;
  }

  async offer(): Promise<void> {
    this.step('offer', 'offer');
  }

  async accept({ type }: { type: string }): Promise<void> {
    this.step('accept', `accept ${type}`);
  }

  async addCandidate(candidate: string): Promise<void> {
    this.step('add', `add ${candidate}`);
  }

  send(): boolean {
    if (this.failing === 'send') throw new Error('not open');
    return true;
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  rttMs(): number {
    return 17;
  }

  close(): void {
    this.log.push('close');
  }

  private step(name: 'offer' | 'accept' | 'add', line: string): void {
    this.log.push(line);
    if (this.failing === name) throw new Error('broken');
  }
}

type Scripted = { link: RtcLink; transport: ScriptedTransport; log: string[] };

function scripted(offers: boolean, times: RtcLinkTimes = DEFAULT_RTC_LINK_TIMES): Scripted {
  const log: string[] = [];
  let transport: ScriptedTransport | undefined;
  const link = new RtcLink(
    (_iceServers, events) => {
      transport = new ScriptedTransport(events, log);
      return transport;
    },
    offers,
    [],
    eventsInto(log),
    () => log.push('gone'),
    times,
  );
  links.push(link);
  return { link, transport: transport as unknown as ScriptedTransport, log };
}

function eventsInto(log: string[]) {
  return {
    onSignal: (message: { type: string; candidate?: string }) =>
      log.push(`signal ${message.candidate ?? message.type}`),
    onOpen: (rttMs: number) => log.push(`open ${rttMs}`),
    onMessage: (channel: string, bytes: Uint8Array) => log.push(`message ${channel} ${bytes[0]}`),
    onDrained: () => log.push('drained'),
    onClosed: (reason: string) => log.push(`closed ${reason}`),
  };
}

async function negotiate(link: RtcLink, transport: ScriptedTransport): Promise<void> {
  await settled();
  transport.events.onDescription({ type: 'offer', sdp: 'O' });
  link.signal({ type: 'answer', sdp: 'A' });
  await settled();
}

async function opened(): Promise<Scripted> {
  const all = scripted(true);
  await negotiate(all.link, all.transport);
  all.transport.events.onChannelOpen('control');
  all.transport.events.onChannelOpen('data');
  all.log.length = 0;
  return all;
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
