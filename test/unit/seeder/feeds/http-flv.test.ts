// FLV pulled over HTTP: what servers do, and what the operator is then told.
import assert from 'node:assert/strict';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Clock, SYSTEM_CLOCK } from '../../../../seeder/clock.ts';
import { HttpFlvFeed } from '../../../../seeder/feeds/http-flv-feed.ts';
import { SwarmtubeError } from '../../../../shared/basics/errors.ts';
import { audioConfiguration, audioFrame, keyframe, videoConfiguration } from '../../packets/sample-tags.ts';
import { ManualClock } from '../manual-clock.ts';
import { FeedReading, flvFile } from './feed-harness.ts';

const TAGS = [videoConfiguration(0), audioConfiguration(0), keyframe(0, 3000), audioFrame(10)];
const FILE = flvFile(TAGS);

async function serve(context: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function pull(context: TestContext, address: string, clock: Clock = SYSTEM_CLOCK): FeedReading {
  return new FeedReading(new HttpFlvFeed(new URL(address), { clock, endsAfterSilenceMs: 1 }), context);
}

/** Without a length, as live streams are sent, in pieces that end anywhere. */
function chunked(bytes: Uint8Array): RequestListener {
  return (_request, response) => {
    response.write(bytes.subarray(0, 1000));
    response.write(bytes.subarray(1000, 1001));
    response.end(bytes.subarray(1001));
  };
}

async function failureOf(reading: FeedReading): Promise<SwarmtubeError> {
  const { failure } = await reading.rest();
  assert.ok(failure instanceof SwarmtubeError, String(failure));
  return failure;
}

test('reads an endless chunked response as it comes', async (context) => {
  let send: (bytes: Uint8Array) => void = () => {};
  const origin = await serve(context, (_request, response) => {
    send = (bytes) => response.write(bytes);
    send(FILE.subarray(0, 70)); // one whole tag
  });
  const reading = pull(context, `${origin}/live.flv`);
  assert.deepEqual(await reading.tags(1), TAGS.slice(0, 1));
  send(FILE.subarray(70, 1000));
  send(FILE.subarray(1000));
  assert.deepEqual(await reading.tags(3), TAGS.slice(1));
});

test('a closed stream is a failure to be tried again, after all its tags', async (context) => {
  const origin = await serve(context, chunked(FILE));
  const { events, failure } = await pull(context, `${origin}/live.flv`).rest();
  assert.deepEqual(
    events,
    TAGS.map((tag) => ({ type: 'tag', tag })),
  );
  assert.equal((failure as SwarmtubeError).code, 'feed-closed');
});

test('a file of a known length is over after all its tags, and this is told', async (context) => {
  const origin = await serve(context, (_request, response) => response.end(FILE));
  const { events, failure } = await pull(context, `${origin}/clip.flv`).rest();
  assert.equal(failure, undefined);
  assert.deepEqual(
    events.slice(0, -1),
    TAGS.map((tag) => ({ type: 'tag', tag })),
  );
  const last = events.at(-1);
  assert.match(last?.type === 'note' ? last.text : '', /clip\.flv is a finished file: it is played once.*--loop/);
});

for (const [name, more] of [
  ['short', []],
  ['long', Array.from({ length: 30 }, (_, index) => keyframe(40 + index * 40, 5000))],
] as const) {
  test(`a ${name} file without a length is not played again, until another comes`, async (context) => {
    const tags = [...TAGS, ...more];
    let body = flvFile(tags);
    const origin = await serve(context, (request, response) => chunked(body)(request, response));
    const feed = new HttpFlvFeed(new URL(`${origin}/clip.flv`), { clock: SYSTEM_CLOCK, endsAfterSilenceMs: 1 });
    const read = async (): Promise<[tags: number, code: string]> => {
      const { events, failure } = await new FeedReading(feed, context).rest();
      return [events.filter(({ type }) => type === 'tag').length, (failure as SwarmtubeError).code];
    };
    assert.deepEqual(await read(), [tags.length, 'feed-closed']);
    assert.deepEqual(await read(), [0, 'feed-repeated']);
    assert.deepEqual(await read(), [0, 'feed-repeated']);
    body = flvFile([...TAGS.slice(0, 2), keyframe(7, 3000), ...more]);
    assert.deepEqual(await read(), [more.length + 3, 'feed-closed']);
  });
}

for (const [name, ends] of [
  ['was cut off', (response: ServerResponse) => response.destroy()],
  ['refused once between', (response: ServerResponse) => response.end()],
] as const) {
  test(`a server that ${name} may begin as before: it was restarted`, async (context) => {
    let isRefusing = false;
    const origin = await serve(context, (_request, response) => {
      if (isRefusing) response.writeHead(503).end();
      else response.write(FILE, () => ends(response));
    });
    const feed = new HttpFlvFeed(new URL(`${origin}/live.flv`), { clock: SYSTEM_CLOCK, endsAfterSilenceMs: 1 });
    const read = async (): Promise<number> => (await new FeedReading(feed, context).rest()).events.length;
    assert.equal(await read(), TAGS.length);
    isRefusing = name === 'refused once between';
    if (isRefusing) await read();
    isRefusing = false;
    assert.equal(await read(), TAGS.length);
  });
}

test('what begins like a short stream and goes on longer is another stream', async (context) => {
  let body = FILE;
  const origin = await serve(context, (request, response) => chunked(body)(request, response));
  const feed = new HttpFlvFeed(new URL(`${origin}/live.flv`), { clock: SYSTEM_CLOCK, endsAfterSilenceMs: 1 });
  await new FeedReading(feed, context).rest();
  body = flvFile([...TAGS, audioFrame(33)]);
  const { events } = await new FeedReading(feed, context).rest();
  assert.equal(events.length, TAGS.length + 1);
});

test('a stream cut in mid-tag gives the whole tags and says so', async (context) => {
  const origin = await serve(context, (_request, response) => {
    response.writeHead(200, { 'content-length': FILE.byteLength });
    response.write(FILE.subarray(0, 2000), () => response.destroy());
  });
  const { events, failure } = await pull(context, `${origin}/live.flv`).rest();
  assert.equal(events.length, 2);
  assert.equal((failure as SwarmtubeError).code, 'feed-broken');
});

test('follows redirects, relative ones too, five at most', async (context) => {
  const origin = await serve(context, (request, response) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) response.end(FILE);
    else response.writeHead(302, { location: left % 2 === 0 ? `/${left - 1}` : `${origin}/${left - 1}` }).end();
  });
  assert.deepEqual(await pull(context, `${origin}/5`).tags(4), TAGS);
  assert.match((await failureOf(pull(context, `${origin}/6`))).message, /redirects more than 5 times/);
});

test('does not follow a redirect to something that is no web address', async (context) => {
  const origin = await serve(context, (_request, response) => {
    response.writeHead(301, { location: 'file:///etc/passwd' }).end();
  });
  assert.match((await failureOf(pull(context, origin))).message, /no web address/);
});

const ANSWERS: readonly [string, RequestListener, RegExp][] = [
  ['404', (_request, response) => response.writeHead(404).end(), /answered 404 Not Found; the stream is not there/],
  ['403', (_request, response) => response.writeHead(403).end(), /403 Forbidden; the server wants a password or token/],
  ['503', (_request, response) => response.writeHead(503).end(), /503 .*fault of its own/],
  ['418', (_request, response) => response.writeHead(418).end(), /418 .*in a browser/],
  [
    'a web page that says so',
    (_request, response) => response.setHeader('content-type', 'text/html; charset=utf-8').end('<p>hello'),
    /is a web page, not an FLV stream/,
  ],
  [
    'a web page that does not say so',
    (_request, response) => response.end(`<!doctype html>${' '.repeat(99)}`),
    /This is a web page/,
  ],
  ['nothing', (_request, response) => response.end(), /empty|closed/],
  [
    'a connection that is dropped',
    (request) => request.socket.destroy(),
    /cannot reach http:\/\/127\.0\.0\.1:\d+\/a\.flv/,
  ],
];

test('an https address at a port of plain http is told in one sentence', async (context) => {
  const origin = await serve(context, chunked(FILE));
  const { message } = await failureOf(pull(context, `${origin.replace('http:', 'https:')}/a.flv`));
  assert.match(
    message,
    /^cannot reach https:\/\/[^ ]+: what answers there is no https .* begin the address with http:\/\/$/,
  );
});

for (const [name, listener, sentence] of ANSWERS) {
  test(`tells what came instead: ${name}`, async (context) => {
    const origin = await serve(context, listener);
    assert.match((await failureOf(pull(context, `${origin}/a.flv?key=secret`))).message, sentence);
  });
}

test('sentences and description keep passwords and keys to themselves', async (context) => {
  const origin = await serve(context, (_request, response) => response.writeHead(404).end());
  const address = `${origin.replace('http://', 'http://user:secret@')}/a.flv?key=secret`;
  const feed = new HttpFlvFeed(new URL(address), { clock: SYSTEM_CLOCK, endsAfterSilenceMs: 1 });
  const failure = await failureOf(new FeedReading(feed, context));
  assert.doesNotMatch(`${failure.message} ${feed.description}`, /secret|user/);
});

test('a server that never answers is given up after 10 s', async (context) => {
  const clock = new ManualClock();
  const failure = failureOf(pull(context, await serve(context, () => {}), clock));
  await clock.advance(10_000);
  assert.match((await failure).message, /has sent nothing for 10 s/);
});

test('a server that stops in mid-stream is given up after 10 s, and only while it is waited for', async (context) => {
  const clock = new ManualClock();
  const origin = await serve(context, (_request, response) => void response.write(FILE));
  const reading = pull(context, origin, clock);
  await reading.tags(1);
  await clock.advance(60_000); // a slow reader is no stalled server
  await reading.tags(3);
  const failure = failureOf(reading);
  await clock.advance(9_999);
  assert.equal(clock.pending, 1);
  await clock.advance(1);
  assert.equal((await failure).code, 'feed-stalled');
  assert.equal(clock.pending, 0);
});

test('asks the given lookup for each host', async (context) => {
  const origin = await serve(context, (_request, response) => response.end(FILE));
  const port = new URL(origin).port;
  const asked: string[] = [];
  const feed = new HttpFlvFeed(new URL(`http://feeds.invalid:${port}/a.flv`), {
    clock: SYSTEM_CLOCK,
    endsAfterSilenceMs: 1,
    lookup: (host, _options, callback) => {
      asked.push(host);
      callback(new Error('this address must not be reached'), '');
    },
  });
  assert.match((await failureOf(new FeedReading(feed, context))).message, /must not be reached/);
  assert.deepEqual(asked, ['feeds.invalid']);
});

test('asks the given lookup for addresses in numbers too, also behind a redirect', async (context) => {
  const origin = await serve(context, (_request, response) => response.end(FILE));
  const { port } = new URL(origin);
  const hosts = ['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]'];
  const redirecting = await serve(context, (request, response) => {
    response.writeHead(302, { location: `http://${hosts[Number(request.url?.slice(1))]}:${port}/` }).end();
  });
  for (const index of hosts.keys()) {
    const asked: string[] = [];
    const feed = new HttpFlvFeed(new URL(`${redirecting.replace('127.0.0.1', 'feeds.invalid')}/${index}`), {
      clock: SYSTEM_CLOCK,
      endsAfterSilenceMs: 1,
      lookup: (host, options, callback) => {
        asked.push(host);
        if (host !== 'feeds.invalid') callback(new Error('this address must not be reached'), '');
        else if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      },
    });
    assert.match((await failureOf(new FeedReading(feed, context))).message, /must not be reached/);
    assert.equal(asked.length, 2);
  }
});

test('a reader that stops to read holds the server up, not its own memory', async (context) => {
  const bodies = 1024;
  const one = flvFile([audioFrame(0, 60_000)]).subarray(13);
  let flushed = 0;
  const origin = await serve(context, async (_request, response) => {
    response.write(FILE.subarray(0, 13));
    for (let index = 0; index < bodies && !response.destroyed; index++) {
      const isFull = !response.write(one, () => {
        flushed += one.byteLength;
      });
      if (isFull) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    }
    response.end();
  });
  const reading = pull(context, origin);
  await reading.tags(1);
  for (let before = -1; before !== flushed; ) {
    before = flushed;
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  // What the sockets of both sides and one read hold; the whole is 60 MB.
  assert.ok(flushed < 24 * 1024 * 1024, `${flushed} bytes were taken`);
  assert.equal((await reading.tags(bodies - 1)).length, bodies - 1);
  assert.ok(flushed > 59_000_000);
});

test('aborting ends a stream that waits', async (context) => {
  let isClosed: Promise<unknown> = Promise.resolve();
  const origin = await serve(context, (_request, response) => {
    isClosed = new Promise((resolve) => response.once('close', resolve));
    response.write(FILE);
  });
  const reading = pull(context, origin);
  await reading.tags(4);
  const waiting = reading.next().then(
    () => 'event',
    () => 'rejected',
  );
  await reading.stop();
  assert.notEqual(await waiting, 'event');
  await isClosed;
});
