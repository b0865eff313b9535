/*
 * The origin of the HLS systems, a process of its own so that its CPU can be told: ffmpeg cuts the camera's stream into segments,
 * a plain Node server gives them out and counts the bytes, a WebTorrent tracker introduces viewers. Takes its options as JSON,
 * writes one line of JSON when the ports are known, ends when its standard input does.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SCRIPTS, type ScriptName, scriptPath } from './packages.ts';

export type HlsOriginOptions = {
  readonly ffmpeg: string;
  readonly cameraUrl: string;
  /** For playlist and segments. */
  readonly folder: string;
  readonly segmentSeconds: number;
};
export type HlsOriginPorts = { readonly http: number; readonly tracker: number };
export type HlsTraffic = {
  /** Of segments, as they left. */
  readonly sentBytes: number;
  readonly playlistBytes: number;
  /** Of the stream, each segment once; of the one that is being made, what it is likely to have. */
  readonly streamBytes: number;
  /** In the playlist. */
  readonly listedSeconds: number;
};

/** As PeerTube has it. */
const SEGMENTS_LISTED = 15;
const PLAYLIST = 'live.m3u8';
const LOOK_MS = 200;
/** The page is somebody else's. */
const HEADERS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };

const options = JSON.parse(process.argv[2] ?? '{}') as HlsOriginOptions;
const sent = { segments: 0, playlists: 0 };
const made = { names: new Set<string>(), bytes: 0, seconds: 0, lastMs: 0, listedSeconds: 0 };

const packager = spawn(
  options.ffmpeg,
  [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-i', options.cameraUrl, '-c', 'copy'],
    ...['-map', '0:a?', '-map', '0:v?', '-f', 'hls', '-hls_time', String(options.segmentSeconds)],
    ...['-hls_list_size', String(SEGMENTS_LISTED), '-hls_delete_threshold', '5'],
    ...['-hls_flags', 'delete_segments+independent_segments+program_date_time+temp_file'],
    ...['-hls_segment_filename', `${options.folder}/%06d.ts`, `${options.folder}/${PLAYLIST}`],
  ],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
const http = createServer((request, response) => {
  answer(request.url ?? '/', response).catch((error: Error) => {
    if (!response.headersSent) response.writeHead(404, HEADERS);
    response.end(error.message);
  });
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const tracker = await startTracker();
const looking = setInterval(() => countSegments().catch(() => undefined), LOOK_MS);
console.log(JSON.stringify({ http: (http.address() as AddressInfo).port, tracker: tracker.port }));

process.stdin.resume();
await once(process.stdin, 'end');
clearInterval(looking);
packager.kill('SIGKILL');
http.closeAllConnections();
http.close();
tracker.close();
process.exit(0);

async function answer(url: string, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(url, 'http://localhost');
  const name = pathname.slice(1);
  if (name === 'traffic') {
    response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(traffic()));
  } else if (name === PLAYLIST) {
    const text = await readFile(`${options.folder}/${PLAYLIST}`);
    const type = 'application/vnd.apple.mpegurl';
    response.writeHead(200, { ...HEADERS, 'content-type': type, 'cache-control': 'no-cache' }).end(text);
    sent.playlists += text.byteLength;
  } else if (/^\d+\.ts$/.test(name)) {
    await sendSegment(`${options.folder}/${name}`, response);
  } else if (name in SCRIPTS) {
    const text = await readFile(scriptPath(name as ScriptName));
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/javascript' }).end(text);
  } else response.writeHead(404, HEADERS).end('nothing here');
}

/** Counted as it is handed over: a reader may break off. */
async function sendSegment(path: string, response: ServerResponse): Promise<void> {
  const { size } = await stat(path);
  const head = { 'content-type': 'video/mp2t', 'content-length': size, 'cache-control': 'max-age=60' };
  response.writeHead(200, { ...HEADERS, ...head });
  for await (const chunk of createReadStream(path)) {
    if (response.destroyed) return;
    sent.segments += (chunk as Uint8Array).byteLength;
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}

async function countSegments(): Promise<void> {
  const lines = (await readFile(`${options.folder}/${PLAYLIST}`, 'utf8')).split('\n');
  let seconds = 0;
  made.listedSeconds = 0;
  for (const line of lines) {
    if (line.startsWith('#EXTINF:')) seconds = Number.parseFloat(line.slice('#EXTINF:'.length));
    if (!line.endsWith('.ts')) continue;
    made.listedSeconds += seconds;
    if (made.names.has(line)) continue;
    made.names.add(line);
    made.bytes += (await stat(`${options.folder}/${line}`)).size;
    made.seconds += seconds;
    made.lastMs = performance.now();
  }
}

function traffic(): HlsTraffic {
  const unfinishedSeconds = made.names.size === 0 ? 0 : (performance.now() - made.lastMs) / 1000;
  const bytesPerSecond = made.bytes / Math.max(made.seconds, 1);
  return {
    sentBytes: sent.segments,
    playlistBytes: sent.playlists,
    streamBytes: made.bytes + bytesPerSecond * unfinishedSeconds,
    listedSeconds: made.listedSeconds,
  };
}

type Tracker = { readonly port: number; close(): void };

async function startTracker(): Promise<Tracker> {
  // By its path: the package's own door also opens a client, which wants a WebRTC library that was not built.
  const { default: TrackerServer } = (await import(
    new URL('node_modules/bittorrent-tracker/server.js', import.meta.url).href
  )) as {
    default: new (
      options: object,
    ) => {
      http: { address(): AddressInfo };
      on(type: string, listener: (error: Error) => void): void;
      listen(port: number, host: string, done: () => void): void;
      close(): void;
    };
  };
  const server = new TrackerServer({ http: false, udp: false, ws: true, stats: false });
  server.on('error', (error) => console.error(`tracker: ${error.message}`));
  server.on('warning', (error) => console.error(`tracker: ${error.message}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.http.address().port, close: () => server.close() };
}
