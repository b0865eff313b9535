import type { PlayerStats } from '../stats.ts';
import type { SwarmPlayerElement } from '../swarm-player-element.ts';
import { formatBytes, formatSeconds, formatShare, peerShare } from '../ui/format.ts';
import { channelFromPath, channelUrl, embedCode, setFromQuery } from './channel-address.ts';
import { Honeycomb } from './honeycomb.ts';
import { sourceSentence } from './sentence.ts';
import { followTheme } from './theme.ts';
import { TrafficChart } from './traffic-chart.ts';

/*
 * The watch page: the same player that other pages embed, and beside it what it says about itself.
 */

const player = byId<SwarmPlayerElement>('player');
const channel = channelFromPath(location.pathname);
const comb = new Honeycomb(document.querySelector('#comb') as SVGSVGElement);
const chart = new TrafficChart(byId<HTMLCanvasElement>('chart'));
/** Between two questions how many watch; the player itself asks the server far less often. */
const VIEWERS_EACH_MS = 4_000;
let before: PlayerStats | undefined;
let viewers: number | undefined;

followTheme(byId('theme'), () => chart.draw());
player.addEventListener('stats', () => {
  showStats(player.stats);
  showChannel();
});
player.addEventListener('statechange', () => showStats(player.stats));
byId('copy').addEventListener('click', copyCode);
// Before the channel: who asks for no swarm must not be in one for a moment.
setFromQuery(player, location.search);
if (channel !== undefined) {
  player.setAttribute('src', channelUrl(location.origin, channel));
  setInterval(countViewers, VIEWERS_EACH_MS);
}

function showStats(stats: PlayerStats): void {
  write('share', stats.bytesFromPeers + stats.bytesFromServer > 0 ? formatShare(peerShare(stats)) : '–');
  write('sentence', sourceSentence(stats, viewerCount()));
  write('latency', stats.latencyMs > 0 ? formatSeconds(stats.latencyMs) : '–');
  write('peers', stats.peers === 1 ? '1 peer' : `${stats.peers} peers`);
  write('given', formatBytes(stats.bytesToPeers));
  write('stalls', stats.stalls === 0 ? 'none' : `${stats.stalls} · ${formatSeconds(stats.stallMs)}`);
  comb.update(stats.peers, stats.source);
  showBadge(stats);
}

function showBadge(stats: PlayerStats): void {
  const isLive = stats.state === 'playing' || stats.state === 'stalled';
  byId('badge').classList.toggle('live', isLive);
  const texts: Partial<Record<PlayerStats['state'], string>> = {
    paused: 'Paused',
    ended: 'Over',
    failed: 'Not playing',
    idle: 'Ready',
  };
  write('badge', isLive ? 'Live' : (texts[stats.state] ?? 'Connecting'));
}

function showChannel(): void {
  const { stats } = player;
  // Events of the state come in between; a rate needs a whole second.
  const fromPeers = Math.max(0, stats.bytesFromPeers - (before?.bytesFromPeers ?? stats.bytesFromPeers));
  const fromServer = Math.max(0, stats.bytesFromServer - (before?.bytesFromServer ?? stats.bytesFromServer));
  if (before !== undefined) chart.add({ fromPeers, fromServer });
  before = stats;
  write('rate', `${Math.round(((fromPeers + fromServer) * 8) / 1000)} kbit/s`);
  const description = player.player?.description;
  if (description === undefined || channel === undefined) return;
  const title = description.title || description.channel;
  write('title', title);
  document.title = `${title} · swarmtube`;
  const video = description.tracks.find((track) => track.type === 'video');
  const count = viewerCount();
  const watching = count === 1 ? '1 viewer' : `${count} viewers`;
  const size = video?.height ? `${video.height}p` : '';
  const rate = description.bitrate > 0 ? `${(description.bitrate / 1e6).toFixed(2)} Mbit/s` : '';
  write('facts', [watching, size, rate].filter(Boolean).join('  ·  '));
  write('code', embedCode(location.origin, channel, description.publicKey));
  byId('copy').removeAttribute('disabled');
}

/** Whoever reads this is there already. */
function viewerCount(): number {
  return Math.max(1, viewers ?? player.player?.description?.viewers ?? 1);
}

async function countViewers(): Promise<void> {
  if (channel === undefined || document.visibilityState === 'hidden' || player.stats.state !== 'playing') return;
  try {
    const response = await fetch(`${channelUrl(location.origin, channel)}.json`, { cache: 'no-store' });
    const { viewers: count } = (await response.json()) as { readonly viewers?: unknown };
    if (typeof count === 'number') viewers = count;
  } catch {
    // Away for now; the player says so.
  }
}

async function copyCode(): Promise<void> {
  const code = byId('code');
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
  } catch {
    // Plain http has no clipboard: the text is marked, a keystroke copies it.
    getSelection()?.selectAllChildren(code);
    write('copied', 'Press Ctrl+C to copy');
    write('copy', 'Ctrl+C');
    return;
  }
  write('copied', 'Copied');
  write('copy', 'Copied');
  setTimeout(() => write('copy', 'Copy'), 1_600);
}

function byId<Type extends HTMLElement = HTMLElement>(id: string): Type {
  return document.getElementById(id) as Type;
}

/** Titles come from strangers: text, never markup. */
function write(id: string, text: string): void {
  const target = byId(id);
  if (target.textContent !== text) target.textContent = text;
}
