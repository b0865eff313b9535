import type { PlayerStats } from '../stats.ts';
import { element, setText } from './elements.ts';
import { formatBytes, formatSeconds, formatShare, peerShare } from './format.ts';

const SOURCE_TEXT = {
  swarm: 'the swarm',
  server: 'the server',
  both: 'swarm and server',
  none: 'nothing yet',
} as const;

type Row = readonly [label: string, value: (stats: PlayerStats) => string];

const ROWS: readonly Row[] = [
  ['Comes from', (stats) => SOURCE_TEXT[stats.source]],
  ['Connected to', (stats) => `${stats.peers} ${stats.peers === 1 ? 'peer' : 'peers'}`],
  ['From the swarm', (stats) => formatBytes(stats.bytesFromPeers)],
  ['From the server', (stats) => formatBytes(stats.bytesFromServer)],
  ['You gave', (stats) => formatBytes(stats.bytesToPeers)],
  ['Behind live', (stats) => `${formatSeconds(stats.latencyMs)} (aim ${formatSeconds(stats.targetLatencyMs)})`],
  ['Buffer', (stats) => formatSeconds(stats.bufferMs)],
  ['First picture after', (stats) => (stats.firstFrameMs > 0 ? `${stats.firstFrameMs} ms` : '–')],
  ['Interruptions', (stats) => (stats.stalls === 0 ? 'none' : `${stats.stalls}, ${formatSeconds(stats.stallMs)}`)],
  ['Refused, double', (stats) => `${stats.packetsRejected}, ${stats.packetsDuplicate}`],
];

/** What a viewer gets from others and gives to them: in sight whenever it is wanted. */
export class StatsPanel {
  readonly root: HTMLElement;
  private readonly bar = element('i');
  private readonly title = element('h2');
  private readonly values: readonly HTMLElement[];

  constructor() {
    const list = element('dl');
    this.values = ROWS.map(([label]) => {
      const value = element('dd');
      list.append(element('dt', {}, label), value);
      return value;
    });
    this.root = element('div', {
      class: 'panel',
      part: 'stats',
      role: 'region',
      'aria-label': 'Statistics',
      hidden: '',
    });
    this.root.append(this.title, element('div', { class: 'share', 'aria-hidden': 'true' }, this.bar), list);
  }

  update(stats: PlayerStats): void {
    const share = peerShare(stats);
    setText(this.title, `${formatShare(share)} through the swarm`);
    this.bar.style.width = `${share * 100}%`;
    ROWS.forEach(([, format], index) => {
      const value = this.values[index];
      if (value !== undefined) setText(value, format(stats));
    });
  }
}
