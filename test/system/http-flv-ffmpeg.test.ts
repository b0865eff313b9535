/* What ffmpeg makes of `/live/CHANNEL.flv`: the two tracks and nothing else, and not one complaint while it decodes. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { liveChannel } from '../support/channel-facts.ts';
import { startServer } from '../support/server-process.ts';
import { findProgram, skipOrFail } from '../support/tools.ts';

const run = promisify(execFile);
const MISSING = 'ffmpeg and ffprobe are not installed (Debian: apt-get install ffmpeg)';

test('ffprobe sees both tracks, and ffmpeg decodes across a keyframe without a word', async (t) => {
  const ffmpeg = findProgram(['ffmpeg']);
  const ffprobe = findProgram(['ffprobe']);
  if (ffmpeg === undefined || ffprobe === undefined) return skipOrFail(t, MISSING);
  const server = await startServer(t);
  await liveChannel(server.url, 'demo');
  const address = `${server.url}/live/demo.flv`;
  const probe = await run(ffprobe, [
    '-v',
    'error',
    '-show_entries',
    'stream=codec_type,codec_name',
    '-of',
    'json',
    address,
  ]);
  const { streams } = JSON.parse(probe.stdout) as { streams: unknown[] };
  assert.deepEqual(streams, [
    { codec_name: 'h264', codec_type: 'video' },
    { codec_name: 'aac', codec_type: 'audio' },
  ]);
  const decode = await run(ffmpeg, ['-nostdin', '-v', 'error', '-i', address, '-t', '6', '-f', 'null', '-']);
  assert.equal(decode.stderr, '');
});
