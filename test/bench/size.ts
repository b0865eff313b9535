/*
 * npm run size: what a page has to load, gzipped, by part. A part's figure is its share of the whole: what stands together
 * compresses together, so parts alone would add up to more.
 */
import { gzipSync } from 'node:zlib';
import { minifySync } from 'vite';
import { buildEmbedScripts, PLAYER_GZIPPED_BYTES_MAX } from '../../player/build/embed-scripts.ts';

const { player: chunk, verifier } = await buildEmbedScripts({ write: false });
const total = gzipSync(chunk.code, { level: 9 }).byteLength;
const parts = new Map<string, string>();
for (const [id, { code }] of Object.entries(chunk.modules)) {
  const part = partOf(id);
  parts.set(part, `${parts.get(part) ?? ''}${code ?? ''}\n`);
}
const alone = [...parts].map(([part, code]) => ({ part, bytes: compressed(code) }));
const sum = alone.reduce((bytes, { bytes: more }) => bytes + more, 0);

for (const { part, bytes } of alone.sort((first, second) => second.bytes - first.bytes)) {
  row(part, (bytes / sum) * total);
}
row('player.js', total);
const comparison = total <= PLAYER_GZIPPED_BYTES_MAX ? 'within' : 'over';
console.log(
  `${comparison} the limit of ${kilobytes(PLAYER_GZIPPED_BYTES_MAX)}; ${kilobytes(chunk.code.length)} before gzip`,
);
const verifierBytes = gzipSync(verifier.code, { level: 9 }).byteLength;
console.log(
  `${kilobytes(verifierBytes)} more, the verifier, where a browser has no Ed25519 of its own or the page no https`,
);

/** `shared/swarm`, `player/ui`, a package's name. */
function partOf(id: string): string {
  const packaged = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id);
  if (packaged?.[1] !== undefined) return packaged[1];
  const [, folder = '', rest = ''] = /\/(shared|player)\/([^?]*)/.exec(id) ?? [];
  const [inner = '', ...deeper] = rest.split('/');
  return deeper.length > 0 ? `${folder}/${inner}` : folder || 'bundler';
}

function compressed(code: string): number {
  // Parts are not modules of their own any more: exports and imports are gone, what is left parses alone.
  return gzipSync(minifySync('part.js', code, { mangle: true }).code, { level: 9 }).byteLength;
}

function row(name: string, bytes: number): void {
  console.log(`${name.padEnd(20)} ${kilobytes(bytes).padStart(9)}`);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}
