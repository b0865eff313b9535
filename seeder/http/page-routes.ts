import { createHash } from 'node:crypto';
import type { ChannelOutputs } from '../outputs/channel-outputs.ts';
import type { LiveDirectory } from './live-routes.ts';
import type { Exchange, Router } from './router.ts';
import type { StaticFiles } from './static-files.ts';

/** Scripts and styles from here only, media from the player's own buffers, connections to here: nothing inline. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // The player's controls style themselves inside their shadow root.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
];

const NO_STORE = { 'Cache-Control': 'no-cache', 'Referrer-Policy': 'no-referrer' } as const;
const FRAMED_BY_OURSELVES = {
  ...NO_STORE,
  'Content-Security-Policy': [...PAGE_POLICY, "frame-ancestors 'self'"].join('; '),
};
/** Made to be framed by any page. */
const FRAMED_BY_ALL = { ...NO_STORE, 'Content-Security-Policy': PAGE_POLICY.join('; ') };
/** Read by pages of other origins; checked again each time, so that a new version arrives at once. */
const SCRIPT = {
  'Cache-Control': 'no-cache',
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};
/** The build puts a hash of the content into these names. */
const ASSET = { ...SCRIPT, 'Cache-Control': 'public, max-age=31536000, immutable' };

/** Pages and scripts: `/`, `/watch/…`, `/embed/…`, `/player.js`, `/player.mjs`, `/assets/…`. */
export function addPageRoutes(
  router: Router,
  files: StaticFiles,
  directory: LiveDirectory & { channels(): readonly ChannelOutputs[] },
): void {
  const page = (file: string, headers: Record<string, string>) => async (exchange: Exchange) => {
    if (directory.channel(exchange.params.channel ?? '') === undefined) return sendUnknownChannel(exchange);
    await files.send(exchange, file, headers);
  };
  router
    .get('/', (exchange) => sendHtml(exchange, 200, listPage(directory.channels(), directory)))
    .get('/watch/:channel', page('watch.html', FRAMED_BY_OURSELVES))
    .get('/embed/:channel', page('embed.html', FRAMED_BY_ALL))
    .get('/player.js', (exchange) => files.send(exchange, 'player.js', SCRIPT))
    .get('/player.mjs', (exchange) => files.send(exchange, 'player.mjs', SCRIPT))
    .get('/assets/*', (exchange) => files.send(exchange, `assets/${exchange.params.file}`, ASSET))
    .get('/favicon.ico', ({ response }) => {
      response.writeHead(204, { 'Cache-Control': 'public, max-age=86400' });
      response.end();
    });
}

function sendUnknownChannel(exchange: Exchange): void {
  const text = '<h1>No such channel</h1><p>There is no channel of this name here. <a href="/">See what is on.</a></p>';
  sendHtml(exchange, 404, document('No such channel', text));
}

function sendHtml({ response, isHead }: Exchange, status: number, html: string): void {
  response.writeHead(status, {
    ...NO_STORE,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(html),
    'Content-Security-Policy': LIST_POLICY,
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(isHead ? undefined : html);
}

function listPage(channels: readonly ChannelOutputs[], directory: LiveDirectory): string {
  const items = channels.map(({ channel }) => {
    const { live, bitrate } = channel.describe();
    const viewers = directory.viewers(channel.name);
    const state = live ? '<b>live</b>' : '<i>off air</i>';
    const audience = viewers === 1 ? '1 viewer' : `${viewers} viewers`;
    return (
      `<li><a href="/watch/${channel.name}"><span class="title">${escapeHtml(channel.title)}</span>` +
      `<span class="facts">${state} · ${audience} · ${rate(bitrate)}</span></a></li>`
    );
  });
  const list = items.length > 0 ? `<ul>${items.join('')}</ul>` : '<p>No channel is set up yet.</p>';
  return document('On now', `<h1>On now</h1>${list}`);
}

function rate(bitsPerSecond: number): string {
  if (bitsPerSecond < 1) return 'no signal';
  return bitsPerSecond < 1e6
    ? `${Math.round(bitsPerSecond / 1e3)} kbit/s`
    : `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
}

function document(title: string, body: string): string {
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>${title} · swarmtube</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>`
  );
}

const STYLE =
  ':root{color-scheme:dark light}' +
  'body{margin:0;font:16px/1.5 system-ui,sans-serif;background:#0b1020;color:#e8ecf8}' +
  'main{max-width:42rem;margin:0 auto;padding:3rem 1.25rem}h1{font-size:1.5rem;font-weight:600;margin:0 0 1.25rem}' +
  'ul{list-style:none;margin:0;padding:0;display:grid;gap:.75rem}' +
  'li a{display:flex;flex-wrap:wrap;gap:.25rem 1rem;justify-content:space-between;padding:1rem 1.25rem;' +
  'border:1px solid #263056;border-radius:.75rem;background:#131a33;color:inherit;text-decoration:none}' +
  'li a:hover,li a:focus-visible{border-color:#6fd6c3;background:#172041}' +
  'a{color:#8fe3d3}.title{font-weight:600;overflow-wrap:anywhere}.facts{color:#a4aed0}b{color:#6fd6c3}i{font-style:normal}' +
  '@media (prefers-color-scheme:light){body{background:#f6f7fb;color:#141a2e}li a{background:#fff;border-color:#d9deee}' +
  'li a:hover,li a:focus-visible{background:#f0f6f5}a,b{color:#0d7d69}.facts{color:#5a6382}}';

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const LIST_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`;

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
