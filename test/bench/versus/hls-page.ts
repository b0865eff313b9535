import type { ScriptName } from './packages.ts';

/** Options of hls.js and of p2p-media-loader, as their authors name them. */
export type Settings = Readonly<Record<string, unknown>>;

export type HlsTuning = {
  readonly segmentSeconds: number;
  /** Of hls.js. */
  readonly hls: Settings;
  /** Of p2p-media-loader; without it hls.js plays alone. */
  readonly p2p?: Settings;
};

/** What the page counts, as its player tells it. */
export type Delivered = { readonly fromPeers: number; readonly fromServer: number; readonly toPeers: number };
export type CountingWindow = typeof globalThis & { delivered: Delivered };

export function scriptsOf({ p2p }: HlsTuning): readonly ScriptName[] {
  const alone = ['hls.light.min.js'] as const;
  return p2p === undefined ? alone : [...alone, 'p2p-media-loader-core.js', 'p2p-media-loader-hlsjs.js'];
}

/** A page as the two projects' documents tell to write it. */
export function hlsPage(origin: string, trackerUrl: string, tuning: HlsTuning): string {
  const core = `${origin}/p2p-media-loader-core.js`;
  // No STUN server: all are on one machine.
  const p2pCore = { announceTrackers: [trackerUrl], rtcConfig: { iceServers: [] }, ...tuning.p2p };
  const common = ['const delivered = globalThis.delivered = { fromPeers: 0, fromServer: 0, toPeers: 0 };'];
  const player =
    tuning.p2p === undefined
      ? [
          ...common,
          `const hls = new Hls(${JSON.stringify(tuning.hls)});`,
          'hls.on(Hls.Events.FRAG_LOADED, (_, { frag }) => { delivered.fromServer += frag.stats.loaded; });',
        ]
      : [
          `import { HlsJsP2PEngine } from '${origin}/p2p-media-loader-hlsjs.js';`,
          ...common,
          'const HlsWithP2P = HlsJsP2PEngine.injectMixin(Hls);',
          `const hls = new HlsWithP2P({ ...${JSON.stringify(tuning.hls)}, p2p: {`,
          `  core: ${JSON.stringify(p2pCore)},`,
          '  onHlsJsCreated({ p2pEngine }) {',
          "    p2pEngine.addEventListener('onChunkDownloaded', (bytes, source) => {",
          "      delivered[source === 'p2p' ? 'fromPeers' : 'fromServer'] += bytes;",
          '    });',
          "    p2pEngine.addEventListener('onChunkUploaded', (bytes) => { delivered.toPeers += bytes; });",
          '  },',
          '} });',
        ];
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>A page with a player</title>',
    '<link rel="icon" href="data:,">',
    `<script src="${origin}/hls.light.min.js"></script>`,
    ...(tuning.p2p === undefined
      ? []
      : [
          `<script type="importmap">${JSON.stringify({ imports: { 'p2p-media-loader-core': core } })}</script>`,
          `<link rel="modulepreload" href="${core}">`,
        ]),
    '<style>video { display: block; width: 320px; }</style>',
    '<body><video controls autoplay muted></video>',
    `<script${tuning.p2p === undefined ? '' : ' type="module"'}>`,
    ...player,
    'hls.on(Hls.Events.ERROR, (_, { fatal, type, details, error }) => {',
    "  if (fatal) console.log('fatal:', type, details, error?.stack);",
    "  if (fatal && type === 'networkError') hls.startLoad();",
    "  if (fatal && type === 'mediaError') hls.recoverMediaError();",
    '});',
    `hls.loadSource('${origin}/live.m3u8');`,
    "hls.attachMedia(document.querySelector('video'));",
    '</script></body></html>',
  ].join('\n');
}
