/*
 * player.js as it is built: no longer than it may be, and with the right names. The build gives properties short names. What
 * other programs read or write by name (pages, the server's JSON, the browser itself) must keep its own: every such word that
 * the sources use as a property is looked for in the finished script.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parseAst } from 'vite';
import { buildEmbedScripts, PLAYER_GZIPPED_BYTES_MAX } from '../../../../player/build/embed-scripts.ts';
import { OWN_NAMES } from '../../../../player/build/reserved-names.ts';
import { foreignUses } from './foreign-uses.ts';

const project = new URL('../../../../', import.meta.url);
let gzippedBytes: number;
let modules: readonly string[];
let used: ReadonlySet<string>;
let standing: ReadonlySet<string>;

before(async () => {
  const { player } = await buildEmbedScripts({ write: false });
  gzippedBytes = gzipSync(player.code, { level: 9 }).byteLength;
  const sources = Object.values(player.modules).map(({ code }) => code ?? '');
  modules = Object.keys(player.modules).filter((id) => id.startsWith(fileURLToPath(project)));
  used = new Set(sources.flatMap((code) => propertiesOf(parseAst(code))));
  const finished = parseAst(player.code);
  standing = new Set([...propertiesOf(finished), ...textsOf(finished)]);
});

test('a page loads no more than it should', () => {
  const limit = PLAYER_GZIPPED_BYTES_MAX;
  assert.ok(gzippedBytes <= limit, `${gzippedBytes} bytes, gzipped, where ${limit} are allowed: see npm run size`);
});

/** `player.stats`, by hand: users rely on each of them. */
const STATS =
  'state latencyMs bufferMs targetLatencyMs firstFrameMs stalls stallMs peers bytesFromPeers bytesFromServer bytesToPeers packetsFromPeers packetsFromServer packetsRejected packetsDuplicate source newestSequence epoch';
const PAGE =
  'SwarmPlayer stats player play pause goLive setP2p destroy code message src key token patience playback latency p2p uploadLimit autoplay';
/** engine.io's greeting, what only some browsers offer, and attributes that are set by name. */
const FOREIGN =
  'pingInterval pingTimeout ManagedMediaSource getBattery charging level saveData webkitEnterFullscreen class';

for (const word of `${STATS} ${PAGE} ${FOREIGN}`.split(' ')) {
  test(`${word} keeps its name`, () => {
    assert.ok(standing.has(word), `${word} is not in player.js`);
  });
}

test('the fields of JSON on the wire keep their names', () => {
  const files = ['wire/channel-description', 'wire/tracker-messages', 'basics/track-description'];
  const texts = files.map((file) => readFileSync(new URL(`shared/${file}.ts`, project), 'utf8'));
  const fields = wordsOf(texts.join('\n'), /\breadonly (\w+)\??:/g);
  assert.ok(fields.has('doorSequence') && fields.has('peerId') && fields.has('codecString'));
  assertKept(fields);
});

/** Words that the browser's library has too, but that name only our own things here, or are folded into their values. */
const OURS = new Set(
  (
    'transports command subscribe bytesSent packetsSent requestsSent packetsLost depth event escape flags metadata ' +
    // of a logger, which no page has
    'debug info warn ' +
    // of script data, which the player does not read
    'getInt16 getFloat64 setFloat64 ' +
    'MAX_SAFE_INTEGER NEGATIVE_INFINITY POSITIVE_INFINITY'
  ).split(' '),
);

test("the browser's own names are kept", () => {
  const library = new URL('node_modules/@typescript/', project);
  const platform = readdirSync(library)[0] ?? '';
  const folder = new URL(`${platform}/lib/`, library);
  const declarations = readdirSync(folder).filter((file) => /^lib\.(?:es|dom)[\w.]*\.d\.ts$/.test(file));
  const text = declarations.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
  const members = wordsOf(text, /^ {4}(?:readonly |get |set )?(\w+)\??[:(<]/gm);
  assert.ok(members.has('appendBuffer') && members.has('createDataChannel'));
  assertKept(new Set([...members].filter((word) => !OURS.has(word) && !OWN_NAMES.includes(word))));
});

test('what is taken for a name of ours names nothing of the browser', () => {
  assert.ok(modules.length > 100);
  const lost = foreignUses(modules, new Set(OWN_NAMES));
  assert.deepEqual(lost, [], 'of the browser after all: take it out of OWN_NAMES in player/build/reserved-names.ts');
});

function assertKept(words: ReadonlySet<string>): void {
  const lost = [...words].filter((word) => used.has(word) && !standing.has(word));
  assert.deepEqual(lost, [], 'used in the sources, and renamed in player.js: see player/build/reserved-names.ts');
}

function wordsOf(text: string, pattern: RegExp): Set<string> {
  return new Set([...text.matchAll(pattern)].map(([, word = '']) => word));
}

/** Every text as a whole: a name that something is looked up by is one. */
function textsOf(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(textsOf);
  if (typeof node !== 'object' || node === null) return [];
  const { type, value } = node as { readonly type?: string; readonly value?: unknown };
  const text = type === 'TemplateElement' ? (value as { readonly cooked?: unknown }).cooked : value;
  const isText = (type === 'TemplateElement' || type === 'Literal') && typeof text === 'string';
  return [...(isText ? [text] : []), ...Object.values(node).flatMap(textsOf)];
}

/** Every `a.name`, `{ name: … }` and member of a class. */
function propertiesOf(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(propertiesOf);
  if (typeof node !== 'object' || node === null) return [];
  const { type, computed, property, key } = node as Record<string, { readonly type?: string; readonly name?: string }>;
  const named = String(type) === 'MemberExpression' ? property : key;
  const own = !computed && named?.type === 'Identifier' && named.name !== undefined ? [named.name] : [];
  return [...own, ...Object.values(node).flatMap(propertiesOf)];
}
