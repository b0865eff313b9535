import { createHash } from 'node:crypto';
import type { TrackDescription } from '../../shared/basics/track-description.ts';

/** What the list tells of one channel. */
export type ListedChannel = {
  readonly name: string;
  readonly title: string;
  readonly isLive: boolean;
  readonly viewers: number;
  /** Of the last seconds, bit/s. */
  readonly bitrate: number;
  readonly tracks: readonly TrackDescription[];
  /** Why there is nothing to see. */
  readonly notice: string | null;
};

/** `/`: what this is, and what is on. Written here whole, without script: what is on is first, the busiest before the others. */
export function listPage(channels: readonly ListedChannel[]): string {
  const rank = ({ isLive, viewers }: ListedChannel): number => (isLive ? 1 + viewers : 0);
  const cards = channels.toSorted((left, right) => rank(right) - rank(left)).map(card);
  const list =
    cards.length > 0
      ? `<ul>${cards.join('')}</ul>`
      : '<p class="empty">No channel is set up yet: name one in the config file, or broadcast one with <code>swarmtube seed</code>.</p>';
  return document(
    'Channels',
    '<h1>Live video that its own viewers deliver</h1>' +
      '<p class="lead">Whoever watches passes on what it has: the more watch, the less the server sends for each.</p>' +
      `<h2>Channels</h2>${list}`,
  );
}

/** Out of a frame too, in which the list is not shown. */
const HOME = 'href="/" target="_top"';
const WAY_OUT = `<a ${HOME}>See what is on.</a>`;

export function unknownChannelPage(): string {
  return document(
    'No such channel',
    `<h1>No such channel</h1><p class="lead">There is no channel of this name here. ${WAY_OUT}</p>`,
  );
}

/** Of any address that gives no page: `title` in a word or two, `message` as it is told to programs. */
export function errorPage(title: string, message: string): string {
  const sentence = `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`;
  return document(escapeHtml(title), `<h1>${escapeHtml(sentence)}</h1><p class="lead">${WAY_OUT}</p>`);
}

function card(channel: ListedChannel): string {
  const { name, title, isLive, notice } = channel;
  const state = isLive ? '<b class="live">live</b>' : '<i>off air</i>';
  const facts = isLive ? liveFacts(channel) : escapeHtml(notice ?? 'Nothing is broadcast at the moment.');
  return (
    `<li${isLive ? '' : ' class="off"'}><a href="/watch/${escapeHtml(name)}">${comb(channel)}` +
    `<span class="line"><span class="title">${escapeHtml(title)}</span>${state}</span>` +
    `<span class="facts">${facts}</span></a></li>`
  );
}

function liveFacts({ viewers, bitrate, tracks }: ListedChannel): string {
  const video = tracks.find(({ type }) => type === 'video');
  const size =
    video?.width !== undefined && video.height !== undefined
      ? `${Number(video.width)}×${Number(video.height)}`
      : video === undefined
        ? 'sound only'
        : '';
  const audience = viewers === 0 ? 'no viewers yet' : viewers === 1 ? '1 viewer' : `${viewers} viewers`;
  return [audience, size, rate(bitrate)].filter((fact) => fact !== '').join(' · ');
}

function rate(bitsPerSecond: number): string {
  if (bitsPerSecond < 1) return '';
  return bitsPerSecond < 1e6
    ? `${Math.round(bitsPerSecond / 1e3)} kbit/s`
    : `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
}

/** So many on either side of the middle that the field runs over its edges. */
const COMB_COLUMNS = 5;
const COMB_ROWS = 2;
const CELL_PITCH = 40;

/** The picture of a channel: its swarm as a comb, a filled cell a viewer, around the one that is the source. */
function comb({ isLive, viewers }: ListedChannel): string {
  const cells: { readonly x: number; readonly y: number; readonly far: number }[] = [];
  for (let row = -COMB_ROWS; row <= COMB_ROWS; row++) {
    for (let column = -COMB_COLUMNS; column <= COMB_COLUMNS; column++) {
      const x = (column + (row % 2 === 0 ? 0 : 0.5)) * CELL_PITCH;
      const y = row * CELL_PITCH * 0.866;
      cells.push({ x, y, far: Math.hypot(x, y) });
    }
  }
  const paths = cells
    .toSorted((left, right) => left.far - right.far)
    .map(({ x, y }, index) => {
      const kind = isLive && index === 0 ? 'source' : isLive && index <= viewers ? 'viewer' : 'cell';
      return `<path class="${kind}" d="M${x.toFixed(1)} ${(y - 20).toFixed(1)}l17.3 10v20l-17.3 10l-17.3-10v-20z"/>`;
    });
  return `<svg class="comb" viewBox="-170 -60 340 120" aria-hidden="true">${paths.join('')}</svg>`;
}

function document(title: string, body: string): string {
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">' +
    '<meta name="color-scheme" content="dark light"><meta name="description" content="Live video that its own viewers deliver.">' +
    `<title>${title} · swarmtube</title><style>${STYLE}</style></head><body>` +
    `<header><a class="brand" ${HOME}>${MARK}<span>swarmtube</span></a></header><main>${body}</main></body></html>`
  );
}

const MARK =
  '<svg viewBox="0 0 32 32" aria-hidden="true"><path class="source" d="M16 2l5.2 3v6L16 14l-5.2-3V5z"/>' +
  '<path class="viewer" d="M9.5 13.2l5.2 3v6l-5.2 3-5.2-3v-6z"/><path class="viewer" d="M22.5 13.2l5.2 3v6l-5.2 3-5.2-3v-6z"/></svg>';

const DARK =
  '--ground:#0b1020;--ground-2:#101730;--card:#141b36;--edge:#243056;--text:#e9edf9;--muted:#9aa6cb;--viewers:#6fd6c3;--source:#f2b45c;--live:#ff6b79;--soft:#6fd6c326';
const LIGHT =
  '--ground:#f3f5fb;--ground-2:#e9edf8;--card:#fff;--edge:#dbe1f1;--text:#131a2f;--muted:#566080;--viewers:#0b7d6a;--source:#d98a1c;--live:#c81e33;--soft:#0f9b841c';

const STYLE =
  `:root{color-scheme:dark light;${DARK}}@media (prefers-color-scheme:light){:root{${LIGHT}}}*{box-sizing:border-box}` +
  'body{margin:0;min-height:100vh;font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--text);' +
  'background:radial-gradient(70rem 40rem at 85% -10%,var(--soft),transparent 60%) no-repeat,linear-gradient(var(--ground-2),var(--ground) 24rem) no-repeat var(--ground)}' +
  'header,main{max-width:72rem;margin:0 auto;padding:0 1.5rem}header{padding-top:.9rem;padding-bottom:.9rem}' +
  '.brand{display:inline-flex;align-items:center;gap:.5rem;font-weight:650;color:inherit;text-decoration:none}.brand svg{width:1.9rem;height:1.9rem}' +
  'h1{font-size:clamp(1.6rem,5vw,2.5rem);line-height:1.15;letter-spacing:-.02em;margin:clamp(1.5rem,6vw,4rem) 0 .6rem;max-width:22ch;text-wrap:balance}' +
  '.lead{font-size:1.1rem;color:var(--muted);max-width:46ch;margin:0}h2{font-size:1rem;font-weight:600;margin:2.5rem 0 .9rem}' +
  'ul{list-style:none;margin:0;padding:0 0 3rem;display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr))}' +
  'li a{display:flex;flex-direction:column;height:100%;border:1px solid var(--edge);border-radius:1rem;overflow:hidden;background:var(--card);color:inherit;' +
  'text-decoration:none;transition:border-color .15s,transform .15s}li a:hover{border-color:var(--viewers);transform:translateY(-2px)}' +
  'a:focus-visible{outline:2px solid var(--viewers);outline-offset:3px;border-radius:1rem}' +
  '.comb{display:block;width:100%;background:var(--ground-2);border-bottom:1px solid var(--edge)}path{fill:none}' +
  '.cell{stroke:var(--viewers);stroke-opacity:.3;stroke-width:1.5}.viewer{fill:var(--viewers)}.source{fill:var(--source)}.off .comb{opacity:.45}' +
  '.line{display:flex;gap:.75rem;align-items:baseline;justify-content:space-between;padding:.9rem 1.1rem 0}.title{font-weight:600;overflow-wrap:anywhere}' +
  '.facts{color:var(--muted);font-size:.9rem;padding:.15rem 1.1rem 1rem}.live{color:var(--live);font-size:.85rem;white-space:nowrap}' +
  '.live::before{content:"";display:inline-block;width:.55em;height:.55em;border-radius:50%;background:currentColor;margin-right:.4em}' +
  'i{font-style:normal;color:var(--muted);font-size:.85rem;white-space:nowrap}a{color:var(--viewers)}.empty{color:var(--muted)}code{font-size:.9em}' +
  '@media (prefers-reduced-motion:reduce){li a{transition:none}li a:hover{transform:none}}';

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
/** No script, and nothing from elsewhere: this one style. */
export const PLAIN_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
