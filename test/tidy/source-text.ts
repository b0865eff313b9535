/** One file as the rules see it. `path` is relative to the project, with slashes. */
export type SourceFile = { readonly path: string; readonly text: string };

export type ImportStatement = {
  readonly specifier: string;
  readonly line: number;
  /** `import('…')`: loaded when it is reached, not before the file runs. */
  readonly isLazy: boolean;
};

export type CodeViews = {
  /** Comments blanked out; strings as they are. */
  readonly withoutComments: string;
  /** Comments and the insides of strings and regular expressions blanked out: nothing but code. */
  readonly codeOnly: string;
};

const BLANK = /[^\n]/g;
/** After these a slash begins a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[=(,:;!&|?{}[\n+\-*%<>~^]|=>|\b(?:return|typeof|case|in|of|void|throw|await|yield))\s*$/;

/**
 * Blanks comments and strings out, character for character, so that line numbers stay. A scanner and not a parser: it
 * has to be right about what people write, and a planted snippet per rule shows that it is.
 */
export function viewCode(text: string): CodeViews {
  const withoutComments: string[] = [];
  const codeOnly: string[] = [];
  const put = (piece: string, kind: 'code' | 'string' | 'comment'): void => {
    withoutComments.push(kind === 'comment' ? piece.replace(BLANK, ' ') : piece);
    codeOnly.push(kind === 'code' ? piece : piece.replace(BLANK, ' '));
  };
  /** Depths of braces at which a template literal goes on behind `${ … }`. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  let codeTail = '';
  while (at < text.length) {
    const character = text[at] as string;
    const pair = text.slice(at, at + 2);
    if (pair === '//') {
      const end = endOf(text, '\n', at);
      put(text.slice(at, end), 'comment');
      at = end;
      continue;
    }
    if (pair === '/*') {
      const end = Math.min(text.length, endOf(text, '*/', at + 2) + 2);
      put(text.slice(at, end), 'comment');
      at = end;
      continue;
    }
    if (character === "'" || character === '"') {
      const end = endOfString(text, at);
      put(text.slice(at, end), 'string');
      at = end;
      codeTail = '""';
      continue;
    }
    const resumesTemplate = character === '}' && templates.at(-1) === depth;
    if (character === '`' || resumesTemplate) {
      if (resumesTemplate) {
        templates.pop();
        depth--;
      }
      const { end, opensCode } = endOfTemplatePart(text, at + 1);
      put(text.slice(at, end), 'string');
      at = end;
      codeTail = opensCode ? '{' : '""';
      if (opensCode) templates.push(++depth);
      continue;
    }
    if (character === '/' && BEFORE_REGEX.test(codeTail)) {
      const end = endOfRegex(text, at);
      if (end !== undefined) {
        put(text.slice(at, end), 'string');
        at = end;
        codeTail = '""';
        continue;
      }
    }
    if (character === '{') depth++;
    if (character === '}') depth--;
    put(character, 'code');
    codeTail = (codeTail + character).slice(-24);
    at++;
  }
  return { withoutComments: withoutComments.join(''), codeOnly: codeOnly.join('') };
}

const LAZY_IMPORT = /\bimport\s*\(\s*(['"`])([^'"`\n]+)\1/g;
const IMPORT_PATTERNS = [
  /\b(?:import|export)\b[^;'"`]*?\bfrom\s*(['"])([^'"\n]+)\1/g,
  /\bimport\s*(['"])([^'"\n]+)\1/g,
  LAZY_IMPORT,
];

/** Everything the file imports or re-exports, static and dynamic, types too. */
export function importsOf(views: CodeViews): ImportStatement[] {
  const found: ImportStatement[] = [];
  for (const pattern of IMPORT_PATTERNS) {
    for (const match of views.withoutComments.matchAll(pattern)) {
      // Where the word itself stands in a string, it is not a statement.
      if (views.codeOnly[match.index] === ' ') continue;
      const line = lineAt(views.withoutComments, match.index);
      found.push({ specifier: match[2] as string, line, isLazy: pattern === LAZY_IMPORT });
    }
  }
  return found;
}

export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found;
}

function endOfString(text: string, start: number): number {
  const quote = text[start];
  let at = start + 1;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  return Math.min(text.length, at + 1);
}

function endOfTemplatePart(text: string, start: number): { end: number; opensCode: boolean } {
  let at = start;
  while (at < text.length) {
    if (text[at] === '\\') at += 2;
    else if (text[at] === '`') return { end: at + 1, opensCode: false };
    else if (text[at] === '$' && text[at + 1] === '{') return { end: at + 2, opensCode: true };
    else at++;
  }
  return { end: text.length, opensCode: false };
}

function endOfRegex(text: string, start: number): number | undefined {
  let isInClass = false;
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '[') isInClass = true;
    else if (text[at] === ']') isInClass = false;
    else if (text[at] === '/' && !isInClass) return at + 1;
  }
  return undefined;
}
