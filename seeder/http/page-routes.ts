import { STATUS_CODES } from 'node:http';
import type { ChannelOutputs } from '../outputs/channel-outputs.ts';
import { errorPage, type ListedChannel, listPage, PLAIN_POLICY, unknownChannelPage } from './list-page.ts';
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
    .tellPeople((response, { status, message, headers }) => {
      const html = errorPage(STATUS_CODES[status] ?? 'Error', message);
      sendHtml({ response, isHead: false }, status, html, { ...headers, 'Cache-Control': 'no-store' });
    })
    .get('/', (exchange) => {
      const channels = directory.channels().map((outputs) => listed(outputs, directory));
      sendHtml(exchange, 200, listPage(channels));
    })
    .get('/watch/:channel', page('watch.html', FRAMED_BY_OURSELVES))
    .get('/embed/:channel', page('embed.html', FRAMED_BY_ALL))
    .get('/watch/:channel/', sendWithoutSlash)
    .get('/embed/:channel/', sendWithoutSlash)
    .get('/player.js', (exchange) => files.send(exchange, 'player.js', SCRIPT))
    .get('/player.mjs', (exchange) => files.send(exchange, 'player.mjs', SCRIPT))
    .get('/assets/*', (exchange) => files.send(exchange, `assets/${exchange.params.file}`, ASSET))
    .get('/favicon.ico', ({ response }) => {
      response.writeHead(204, { 'Cache-Control': 'public, max-age=86400' });
      response.end();
    });
}

/** Relative, since a proxy may serve us under a path of its own. */
function sendWithoutSlash({ request, response, params }: Exchange): void {
  const query = /\?.*/.exec(request.url ?? '')?.[0] ?? '';
  response.writeHead(308, { ...NO_STORE, Location: `../${params.channel}${query}` });
  response.end();
}

function sendUnknownChannel(exchange: Exchange): void {
  sendHtml(exchange, 404, unknownChannelPage());
}

function sendHtml(
  { response, isHead }: Pick<Exchange, 'response' | 'isHead'>,
  status: number,
  html: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  // Where a player was meant to be framed, the reason why there is none is shown in the frame.
  const isFramedByAll = status !== 200;
  response.writeHead(status, {
    ...NO_STORE,
    ...headers,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(html),
    'Content-Security-Policy': isFramedByAll ? PLAIN_POLICY : `${PLAIN_POLICY}; frame-ancestors 'self'`,
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(isHead ? undefined : html);
}

function listed({ channel }: ChannelOutputs, directory: LiveDirectory): ListedChannel {
  const { live, doorSequence, bitrate, tracks, notice = null } = channel.describe();
  const { name, title } = channel;
  return {
    name,
    title,
    isLive: live && doorSequence !== null,
    viewers: directory.viewers(name),
    bitrate,
    tracks,
    notice,
  };
}
