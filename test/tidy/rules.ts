import { posix } from 'node:path';
import { forbiddenImport, isRelative, layerOf, resolveImport } from './layers.ts';
import { type CodeViews, importsOf, lineAt, type SourceFile, viewCode } from './source-text.ts';

/** One broken rule. `text` says what to do instead. */
export type Finding = { readonly path: string; readonly line: number; readonly rule: string; readonly text: string };

type Ban = { readonly pattern: RegExp; readonly text: string };

/** What the compiler cannot refuse in the pure layers, and what it refuses with a message that helps nobody. */
const PURE_BANS: readonly Ban[] = [
  { pattern: /\bDate\s*\.\s*now\b/g, text: 'Date.now: take `nowMs` as an argument' },
  { pattern: /\bnew\s+Date\b/g, text: 'new Date: take times as arguments, in milliseconds' },
  { pattern: /\bDate\s*\(/g, text: 'Date(): take times as arguments, in milliseconds' },
  { pattern: /\bMath\s*\.\s*random\b/g, text: 'Math.random: take a `Random` (shared/basics/random.ts) as an argument' },
  {
    pattern: /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame)\b/g,
    text: 'timers: answer `nextWakeup()`, and let the driver wait',
  },
  { pattern: /\bperformance\s*\./g, text: 'performance: take `nowMs` as an argument' },
  { pattern: /\bprocess\s*\./g, text: 'process: take what you need as an argument' },
  { pattern: /\bconsole\s*\./g, text: 'console: return what is to be told, or take a `Logger` (shared/basics/log.ts)' },
  {
    pattern: /(?<![\w.-])crypto\s*\./g,
    text: 'crypto: ask for it with an output (`verify`) that shared/driver answers',
  },
  { pattern: /\bfetch\s*\(/g, text: 'fetch: ask for it with an output that shared/driver answers' },
  { pattern: /\bglobalThis\b/g, text: 'globalThis: take what you need as an argument' },
  {
    pattern: /\basync\b(?=\s*(?:function|\*|\(|[\w$]+\s*(?:\(|=>)|#))/g,
    text: 'async: return intentions as values; the driver waits',
  },
  { pattern: /\bawait\b/g, text: 'await: return intentions as values; the driver waits' },
];

const HOUSE_BANS: readonly Ban[] = [
  { pattern: /^\s*export\s+default\b/gm, text: 'default export: export it by its name' },
  {
    pattern: /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s/gm,
    text: 'enum: a union of literals says the same and can be erased',
  },
];

const UNFINISHED = /\b(?:TODO|FIXME|XXX|HACK)\b/g;
/** Folders under which people and machines keep their checkouts. Example addresses in documents name none of them. */
const MACHINE_PATH =
  /(?:^|[\s"'`(=:])(?:file:\/\/)?(?:\/(?:work|root|Users|tmp\/[\w-]+|home\/[\w-]+)\/[\w./-]+|[A-Z]:\\Users\\)/g;
/** A document by its name in capitals; those that are there are known by the walk. */
const DOCUMENT = /(?<![\w-])[A-Z]{4,}\.md\b/g;
/** A section of something in capitals that is no file and no standard: of a document that readers do not have. */
const SECTION_OF_NOTHING = /(?<![\w/.:-])(?!ISOBMFF|BUNDLE)[A-Z]{5,}(?:,? section)? \d+(?:\.\d+)*\b/g;
const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/;
/** Names that tools and custom prescribe. */
const GIVEN_NAMES = new Set([
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'LICENSE',
  '.gitignore',
  '.gitattributes',
  '.npmrc',
  '.editorconfig',
  'Dockerfile',
]);

const LINES_MAX = 450;
/** Files that may be longer, each with its reason. */
const LONG_FILES: ReadonlyMap<string, string> = new Map([]);

/** All that can be said of one file by itself. */
export function checkFile(file: SourceFile): Finding[] {
  const findings: Finding[] = [...checkName(file), ...checkText(file)];
  if (/\.(?:ts|mts|js|mjs)$/.test(file.path)) findings.push(...checkCode(file));
  return findings;
}

/** What only the files together can show: circles of imports, and imports of nothing. */
export function checkImportGraph(files: readonly SourceFile[]): Finding[] {
  const sources = files.filter((file) => file.path.endsWith('.ts'));
  const known = new Set(files.map((file) => file.path));
  const graph = new Map<string, readonly string[]>();
  const findings: Finding[] = [];
  for (const file of sources) {
    const targets: string[] = [];
    for (const { specifier, line, isLazy } of importsOf(viewCode(file.text))) {
      if (!isRelative(specifier)) continue;
      const target = resolveImport(file.path, specifier);
      if (known.has(target)) {
        if (!isLazy) targets.push(target);
      } else if (layerOf(file.path) !== undefined && target.endsWith('.ts')) {
        findings.push({ path: file.path, line, rule: 'import-of-nothing', text: `'${specifier}' does not exist` });
      }
    }
    graph.set(file.path, targets);
  }
  for (const circle of circlesOf(graph)) {
    const path = circle[0] as string;
    const text = `files import each other in a circle: ${[...circle, path].join(' → ')}`;
    findings.push({ path, line: 1, rule: 'import-circle', text });
  }
  return findings;
}

/** Comments and documents cite what a reader of the repository can open, or a standard by its number. */
export function checkDocuments(files: readonly SourceFile[]): Finding[] {
  const names = new Set(files.map(({ path }) => posix.basename(path)));
  const findings: Finding[] = [];
  for (const { path, text } of files) {
    if (isAboutRules(path)) continue;
    for (const match of text.matchAll(DOCUMENT)) {
      if (names.has(match[0])) continue;
      const line = lineAt(text, match.index);
      findings.push({ path, line, rule: 'document', text: `${match[0]} is not in the repository: ${CITE_INSTEAD}` });
    }
  }
  return findings;
}

const CITE_INSTEAD = 'cite docs/ALGORITHM.md, docs/COMPATIBILITY.md, docs/SECURITY.md or a standard, or say why';

/** The rules and their planted faults, and what npm writes. */
function isAboutRules(path: string): boolean {
  return path.startsWith('test/tidy/') || path === 'package-lock.json';
}

/** Every dependency is named, with its reason, in ARCHITECTURE.md under "Libraries". */
export function checkLibraries(packageJson: string, architecture: string): Finding[] {
  const section = /^## Libraries$([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(architecture)?.[1];
  const path = 'ARCHITECTURE.md';
  if (section === undefined) {
    return [{ path, line: 1, rule: 'libraries', text: 'the section "## Libraries" is missing' }];
  }
  const manifest = JSON.parse(packageJson) as Record<string, Record<string, string> | undefined>;
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  return names
    .filter((name) => !section.includes(`\`${name}\``) && !section.includes(`**${name}**`))
    .map((name) => ({
      path,
      line: 1,
      rule: 'libraries',
      text: `\`${name}\` is in package.json but not under "## Libraries"`,
    }));
}

function checkName(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const parts = file.path.split('/');
  const name = parts.at(-1) as string;
  for (const part of parts) {
    const isGiven =
      part.startsWith('.') || GIVEN_NAMES.has(part) || (part === name && /^docs\/[A-Z-]+\.md$/.test(file.path));
    if (isGiven || KEBAB_CASE.test(part)) continue;
    findings.push({ path: file.path, line: 1, rule: 'file-name', text: `'${part}' is not kebab-case` });
  }
  return findings;
}

function checkText(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const find = (rule: string, line: number, text: string) => findings.push({ path: file.path, line, rule, text });
  const lines = file.text.split('\n');
  if (file.text.length > 0 && !file.text.endsWith('\n'))
    find('last-newline', lines.length, 'the file ends without a newline');
  if (isAboutRules(file.path)) return findings;
  for (const match of file.text.matchAll(SECTION_OF_NOTHING)) {
    find('document', lineAt(file.text, match.index), `'${match[0]}' is a section of nothing here: ${CITE_INSTEAD}`);
  }
  for (const match of file.text.matchAll(MACHINE_PATH)) {
    find('machine-path', lineAt(file.text, match.index), `a path of one machine: ${match[0].trim()}`);
  }
  if (!file.path.endsWith('.ts')) return findings;
  if (lines.length > LINES_MAX && !LONG_FILES.has(file.path)) {
    find(
      'long-file',
      lines.length,
      `${lines.length} lines; part it where it has two subjects, or enter it in LONG_FILES with a reason`,
    );
  }
  for (const match of file.text.matchAll(UNFINISHED)) {
    find(
      'unfinished',
      lineAt(file.text, match.index),
      `${match[0]}: finish it, or open an issue and leave no note here`,
    );
  }
  return findings;
}

function checkCode(file: SourceFile): Finding[] {
  const views = viewCode(file.text);
  const findings: Finding[] = [];
  const ban = (rule: string, bans: readonly Ban[]) => {
    for (const { pattern, text } of bans) {
      for (const match of views.codeOnly.matchAll(pattern)) {
        findings.push({ path: file.path, line: lineAt(views.codeOnly, match.index), rule, text });
      }
    }
  };
  if (layerOf(file.path)?.isPure === true) ban('pure', PURE_BANS);
  if (posix.basename(file.path) !== 'vite.config.ts') ban('house', HOUSE_BANS);
  if (isBarrel(views)) {
    findings.push({
      path: file.path,
      line: 1,
      rule: 'barrel',
      text: 'only re-exports: import from the files themselves',
    });
  }
  for (const { specifier, line } of importsOf(views)) {
    const reason = forbiddenImport(file.path, specifier);
    if (reason !== undefined) findings.push({ path: file.path, line, rule: 'import-direction', text: reason });
    if (isRelative(specifier) && !/\.[a-z]+(?:\?.*)?$/.test(specifier)) {
      findings.push({
        path: file.path,
        line,
        rule: 'import-direction',
        text: `'${specifier}' names no file: write the .ts`,
      });
    }
  }
  return findings;
}

function isBarrel(views: CodeViews): boolean {
  const statements = views.codeOnly.split(';').map((statement) => statement.trim());
  const some = statements.filter((statement) => statement !== '');
  return (
    some.length > 0 &&
    some.every((statement) => /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})[\s\S]*\bfrom\b/.test(statement))
  );
}

/** Each circle once, beginning at the file where the walk met it. */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const at = trail.indexOf(path);
    if (at !== -1) {
      circles.push(trail.slice(at));
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of [...graph.keys()].sort()) visit(path);
  return circles;
}
