import { type MinifyOptions, minify } from 'terser';
import type { Plugin } from 'vite';
import { reservedNames } from './reserved-names.ts';
import { shortNames } from './short-names.ts';

/**
 * Shortens the embed scripts with terser, properties included: 3.2 KB of 52.9, gzipped. `short-names.ts` says which and
 * how. Vite's own minifier comes behind: it names private members class by class, so that the same few names return everywhere.
 */
export function shorten(): Plugin {
  return {
    name: 'swarmtube:shorten',
    transform: (code, id) => {
      const cut = CUTS.find(({ file }) => id.endsWith(file));
      if (cut === undefined) return undefined;
      const less = cut.shorten(code);
      if (less === code) throw new Error(`${cut.file} has nothing of what is left out of it: did it move?`);
      return { code: less, map: null };
    },
    renderChunk: async (code, { moduleIds }, { format }) => {
      const moved = CUTS.find(({ file }) => !moduleIds.some((id) => id.endsWith(file)));
      if (moved !== undefined) throw new Error(`${moved.file} is not in the script: did it move?`);
      const common: MinifyOptions = {
        ecma: 2020,
        module: format === 'es',
        compress: {
          ...{ passes: 6, inline: 1, pure_getters: true, unsafe_arrows: true, pure_funcs: ['Array.from'] },
          // Both make the script shorter, and what gzip makes of it longer.
          ...{ conditionals: false, sequences: false },
        },
      };
      const reduced = await minify(withoutLog(withoutSentences(code)), {
        ...common,
        mangle: false,
        format: { beautify: true },
      });
      const used = withoutUnread(withoutUnused(reduced.code ?? ''));
      const { code: short } = await minify(used, { ...common, ...(await shortNames(used)) });
      if (short === undefined) throw new Error('terser gave nothing');
      return { code: short, map: null };
    },
  };
}

const SCRIPT_DATA = 'return readScript(tag.body)';

const REASON_OF_A_LINK = /\.#fail\(["`].*?["`]\)/g;

/** What is left out of single files. */
const CUTS: readonly { readonly file: string; readonly shorten: (code: string) => string }[] = [
  { file: '/ui/style.ts', shorten: withoutSpace },
  // Which field of a tracker's message was wrong was only ever logged.
  { file: '/tracker-message-parsers.ts', shorten: withoutFieldNames },
  // Nor why there is no link to a peer.
  { file: '/rtc-link.ts', shorten: (code) => code.replace(REASON_OF_A_LINK, '.#fail()') },
  // What script data says is the server's business, and is told in its description of the channel.
  { file: '/tag-contents.ts', shorten: (code) => code.replace(SCRIPT_DATA, 'return []') },
];

/** `"introduce.role"` is last or has a bound behind it; `"swarm"` is the object that the fields are in. */
function withoutFieldNames(code: string): string {
  return code
    .replace(/, "\w+\.\w+"\)/g, ')')
    .replace(/"\w+\.\w+"/g, '""')
    .replace(/\b(record|peerId)\((\w+), "[\w ]+"\)/g, '$1($2)')
    .replace(/\bbad\("[^"]*"\)/g, 'bad()');
}

const FAULT_OF_A_PEER =
  /new (?:WireError|PacketError|TruncatedError)\((?:[^,()]*, (?:`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*")|[^;"`]*)\)(?=;)/g;

/** What stands in the way of one packet is told to nobody either: it is asked for again. */
const FAULT_OF_A_FETCH =
  /new SwarmtubeError\("(closed|too-many-waiting|stream-stalled|wrong-packet)", (?:`[^`]*`|"[^"]*")\)/g;

/** Nor where in a unit of the feed the bytes made no sense: it is left out, and that is counted. */
const FAULT_OF_A_UNIT = /(\btext: |\.#fail\(lostUnits, )(?:`[^`]*`|"[^"]*")/g;

/** What the compiler has proven needs no second proof in a page. */
const UNREACHABLE = /\bdefault: (?:return )?unreachable\(\w+\);/g;

/** Why a link is ended, and who is left alone. */
const FATE_OF_A_PEER = /\.(#?(?:hangUp|cutFlood|ban))\(((?:[^()`"]|"[a-z-]+")*), (?:`[^`]*`|"[^"]*")\)/g;
const REASON = /\breason: (?:`[^`]*`|"[^"]* [^"]*"),?/g;

/** Of a wrong field in the server's JSON the name is enough: "tracks must be a list of …" is "tracks". */
const WRONG_FIELD = /\bbad\(([`"])([^`"]*?) (?:must be|is none) [^`"]*\1\)/g;

/** Kinds of inputs, outputs, states and timers that never leave the script. */
const INNER_WORDS = [
  ...['unsubscribe', 'refuse', 'evict', 'missing', 'asking', 'leaving', 'overdue', 'verified', 'deliver'],
  ...['wakeup', 'swarm-state', 'grace', 'pacer'],
  ...['server-stream', 'server-stream-closed', 'packet-from-server', 'fetch-failed', 'ask-tracker', 'tracker-state'],
  ...['link-opened', 'link-closed', 'link-buffers', 'swarm-enabled', 'epoch-unknown', 'fed-asking', 'fed-switching'],
  ...['video-frame', 'video-configuration', 'audio-frame', 'audio-configuration', 'change-type', 'no-feed'],
  ...['for-everything', 'for-video', 'sequence-end', 'head-of-enough', 'no-room'],
  ...['closed-by-peer', 'connect-timeout', 'offer-failed', 'ice-failed', 'early-flood', 'send-refused'],
  ...['too-many-waiting', 'wrong-packet', 'stream-stalled', 'swarm-off', 'no-server'],
  ...['hello', 'subscribe', 'accept', 'backlog', 'pong', 'request', 'repair', 'wanted', 'search', 'upgrade'],
  ...['introduced', 'unsupported', 'foreign', 'duplicate', 'too-far', 'video-metadata'],
];
const INNER_WORD = new RegExp(`"(${INNER_WORDS.join('|')})"`, 'g');

/** What is wrong with a peer nobody reads in a page, which keeps no log, nor the code of the fault: it is banned, whatever it was. */
function withoutSentences(code: string): string {
  return code
    .replace(FAULT_OF_A_PEER, 'new SwarmtubeError("")')
    .replace(FAULT_OF_A_FETCH, 'new SwarmtubeError("$1")')
    .replace(FAULT_OF_A_UNIT, '$1""')
    .replace(UNREACHABLE, 'default:')
    .replace(FATE_OF_A_PEER, '.$1($2)')
    .replace(INNER_WORD, (_, word: string) => `"-${INNER_WORDS.indexOf(word).toString(36)}"`)
    .replace(REASON, '')
    .replace(WRONG_FIELD, 'bad($1$2$1)');
}

const LOG_CALL = /this\.#logger\.(?:debug|info|warn|error)\(/g;

/** Its declaration, and where it is kept. */
const LOGGER = /^\s*(?:this\.)?#logger\b[^;]*;/gm;

/** Nor does anybody give a page's player a logger: the calls go, and what they would have said. */
function withoutLog(code: string): string {
  let kept = '';
  let at = 0;
  for (const { index, 0: head } of code.matchAll(LOG_CALL)) {
    kept += `${code.slice(at, index)}void 0`;
    at = closingBracket(code, index + head.length) + 1;
  }
  return (kept + code.slice(at)).replace(LOGGER, '');
}

/** Of the bracket that was opened before `from`. What is logged has no brackets in its texts, or the script does not build. */
function closingBracket(code: string, from: number): number {
  let depth = 1;
  for (let at = from; at < code.length; at++) {
    if (code[at] === '(') depth++;
    else if (code[at] === ')' && --depth === 0) return at;
  }
  throw new Error('a call of the logger has no end');
}

/** Methods and accessors, as terser prints them. */
const MEMBER = /^( +)(?:get |static |async )*(#?[A-Za-z_]\w*)\([^\n]*\) \{(?:\}|\n[\s\S]*?^\1\})\n/gm;
const NAME = /#?[A-Za-z_]\w*/g;

/** Members of classes that only a seeder or a test calls: of their names nothing but the members themselves is left. */
function withoutUnused(code: string): string {
  const uses = new Map<string, number>(reservedNames().map((name) => [name, Number.POSITIVE_INFINITY]));
  for (const [name] of code.matchAll(NAME)) uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const [, , name = ''] of code.matchAll(MEMBER)) uses.set(name, (uses.get(name) ?? 0) - 1);
  const less = code.replace(MEMBER, (member, _indent, name: string) => (uses.get(name) === 0 ? '' : member));
  return less === code ? code : withoutUnused(less);
}

/** Fields that only a seeder, a simulator or a library of a longer name reads: they go where they are but written. */
const UNREAD = [
  ...['hasVideo', 'hasAudio', 'hasData', 'hasConfiguration', 'startsWithKeyframe', 'retried', 'copies'],
  ...['addTrailingSlash', 'transports', 'forceNew', 'autoConnect', 'zip215'],
];

function withoutUnread(code: string): string {
  return UNREAD.reduce((left, name) => {
    const written = new RegExp(`^ +${name}: .*[^\\n{([,],?\\n`, 'gm');
    const others = left.replace(written, '');
    return new RegExp(`\\b${name}\\b`).test(others) ? left : others;
  }, code);
}

/** A style sheet in a template: its selectors keep the spaces between names. */
function withoutSpace(code: string): string {
  return code.replace(/`[^`]*`/g, (css) =>
    css
      .replace(/\s+/g, ' ')
      .replace(/ ?([{};,]) ?/g, '$1')
      .replaceAll(': ', ':')
      .replaceAll(' / ', '/')
      .replaceAll(' !important', '!important')
      .replaceAll(';}', '}'),
  );
}
