// Which feed a SOURCE means, and what is said where there is none. Standard input is read here too.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { openFeed } from '../../../../seeder/feeds/open-feed.ts';
import { SwarmtubeError } from '../../../../shared/basics/errors.ts';
import { audioFrame, interframe, keyframe, videoConfiguration } from '../../packets/sample-tags.ts';
import { FeedReading, flvFile } from './feed-harness.ts';

const OPENED: readonly [string, boolean, string][] = [
  ['-', false, 'standard input'],
  ['live.flv', false, 'file live.flv'],
  ['./some folder/a.flv', true, 'file ./some folder/a.flv, looped'],
  ['file:///srv/a%20b.flv', false, 'file /srv/a b.flv'],
  ['http://host/live/a.flv?x=1', false, 'HTTP-FLV from http://host/live/a.flv'],
  ['https://u:p@host:8443/stream', false, 'HTTP-FLV from https://host:8443/stream'],
];

for (const [source, loop, description] of OPENED) {
  test(`${source} is ${description}`, () => {
    assert.equal(openFeed(source, { loop, standardInput: new PassThrough() }).description, description);
  });
}

const REFUSED: readonly [string, string][] = [
  ['rtmp://host/app/key', 'ffmpeg -i rtmp://host/app/key -c copy -f flv - | swarmtube seed - --channel main'],
  ['rtsp://host/cam', 'ffmpeg -i rtsp://host/cam -c copy'],
  ['srt://host:9000', 'ffmpeg -i srt://host:9000 -c copy'],
  ['udp://0.0.0.0:1234', 'ffmpeg -i udp://0.0.0.0:1234 -c copy'],
  ['https://host/a.m3u8', 'ffmpeg -i https://host/a.m3u8 -c copy'],
  ['http://host/a.ts?b=c&d', "ffmpeg -i 'http://host/a.ts?b=c&d' -c copy"],
  ['ffmpeg:-f lavfi -i testsrc', 'ffmpeg -f lavfi -i testsrc -c copy -f flv -'],
  ["gopher://it's", "ffmpeg -i 'gopher://it'\\''s' -c copy"],
  ['', 'an empty text is no source'],
];

for (const [source, advice] of REFUSED) {
  test(`${source === '' ? 'nothing' : source} is refused with the ffmpeg line that helps`, () => {
    assert.throws(
      () => openFeed(source, { channel: 'main' }),
      (thrown) => {
        assert.ok(thrown instanceof SwarmtubeError);
        assert.equal(thrown.code, 'unsupported-source');
        assert.ok(thrown.message.includes(advice), thrown.message);
        assert.match(thrown.message, /\| swarmtube seed - --channel main$/);
        return true;
      },
    );
  });
}

test('only a file can be looped', () => {
  for (const source of ['-', 'http://host/a.flv']) {
    assert.throws(() => openFeed(source, { loop: true }), /only a file can be looped/);
  }
});

test('standard input is read to its end', async (context) => {
  const input = new PassThrough();
  const reading = new FeedReading(openFeed('-', { standardInput: input }), context);
  const tags = [videoConfiguration(0), keyframe(0), audioFrame(3), interframe(40)];
  const bytes = flvFile(tags);
  for (let at = 0; at < bytes.byteLength; at += 7) input.write(bytes.subarray(at, at + 7));
  input.end();
  assert.deepEqual(await reading.tags(4), tags);
  assert.equal(await reading.next(), undefined);
});

test('a second header on standard input is a restart', async (context) => {
  const input = new PassThrough();
  input.end(Buffer.concat([flvFile([audioFrame(9)]), flvFile([audioFrame(0)])]));
  const reading = new FeedReading(openFeed('-', { standardInput: input }), context);
  const { events } = await reading.rest();
  assert.deepEqual(
    events.map(({ type }) => type),
    ['tag', 'restarted', 'tag'],
  );
});

test('faults on standard input become notes, one a kind', async (context) => {
  const input = new PassThrough();
  const bytes = flvFile([audioFrame(0, 50), audioFrame(20, 50), audioFrame(40, 50), audioFrame(60, 50)]);
  bytes[bytes.byteLength - 1] = 99; // the last PreviousTagSize
  input.end(Buffer.concat([bytes, Buffer.from([8, 0, 0])]));
  const { events } = await new FeedReading(openFeed('-', { standardInput: input }), context).rest();
  assert.ok(events.some(({ type }) => type === 'note'));
});

test('standard input that ends without a tag is over', async (context) => {
  for (const bytes of [new Uint8Array(0), flvFile([])]) {
    const input = new PassThrough();
    input.end(bytes);
    const { events, failure } = await new FeedReading(openFeed('-', { standardInput: input }), context).rest();
    assert.deepEqual({ events, failure }, { events: [], failure: undefined });
  }
});

test('standard input that is no FLV is told', async (context) => {
  const input = new PassThrough();
  input.end('{"error": "no such camera, sorry"}');
  const reading = new FeedReading(openFeed('-', { standardInput: input }), context);
  assert.match(String((await reading.rest()).failure), /JSON/);
});
