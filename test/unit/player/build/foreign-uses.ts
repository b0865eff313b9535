import { fileURLToPath } from 'node:url';
import {
  type Identifier,
  isIdentifier,
  isObjectBindingPattern,
  isObjectLiteralExpression,
  isPropertyAccessExpression,
  type Node,
  type SourceFile,
} from 'typescript/unstable/ast';
import { API, type Checker, type Type } from 'typescript/unstable/sync';

const project = fileURLToPath(new URL('../../../../', import.meta.url));
const CONFIG = `${project}player/tsconfig.json`;

/** Declared by the browser or by a package. In player.js there is player/socket-io-websocket.ts in place of socket.io-client. */
const FOREIGN = /\/lib\.[\w.]+\.d\.ts$|\/node_modules\/(?!socket\.io-client\/)/;

/**
 * Where sources of player.js call something by one of the names that is declared outside of the project: `a.name`,
 * `{ name } = a`, and `{ name: … }` where a foreign type is wanted. Each as `player/file.ts:12 name`.
 */
export function foreignUses(files: readonly string[], names: ReadonlySet<string>): string[] {
  const api = new API({ cwd: project });
  try {
    const opened = api.updateSnapshot({ openProjects: [CONFIG] }).getProject(CONFIG);
    if (opened === undefined) throw new Error(`${CONFIG} is no project: did it move?`);
    return files.flatMap((file) => {
      const source = opened.program.getSourceFile(file);
      if (source === undefined) throw new Error(`${file} is in player.js, and not in ${CONFIG}`);
      return usesIn(source, names)
        .filter((use) => isForeign(use, opened.checker))
        .map(({ name }) => `${file.slice(project.length)}:${lineOf(name, source)} ${name.getText(source)}`);
    });
  } finally {
    api.close();
  }
}

/** `owner`: the type that has something of this name. */
type Use = { readonly name: Identifier; readonly owner: (checker: Checker) => Type | undefined };

function usesIn(source: SourceFile, names: ReadonlySet<string>): Use[] {
  const uses: Use[] = [];
  const visit = (node: Node): void => {
    uses.push(...ownUses(node).filter(({ name }) => names.has(name.text)));
    node.forEachChild(visit);
  };
  visit(source);
  return uses;
}

function ownUses(node: Node): Use[] {
  if (isPropertyAccessExpression(node)) {
    return usesOf([node.name], (checker) => checker.getTypeAtLocation(node.expression));
  }
  if (isObjectBindingPattern(node)) {
    const keys = node.elements.map(({ propertyName, name }) => propertyName ?? name);
    return usesOf(keys, (checker) => checker.getTypeAtLocation(node));
  }
  if (isObjectLiteralExpression(node)) {
    const keys = node.properties.map((property) => ('name' in property ? property.name : undefined));
    return usesOf(keys, (checker) => checker.getContextualType(node));
  }
  return [];
}

function usesOf(keys: readonly (Node | undefined)[], owner: Use['owner']): Use[] {
  return keys.flatMap((name) => (name !== undefined && isIdentifier(name) ? [{ name, owner }] : []));
}

function isForeign({ name, owner }: Use, checker: Checker): boolean {
  const type = owner(checker);
  const member = type && checker.getPropertyOfType(checker.getNonNullableType(type) ?? type, name.text);
  return member?.declarations.some(({ path }) => FOREIGN.test(path)) === true;
}

function lineOf(node: Node, source: SourceFile): number {
  return source.text.slice(0, node.getStart(source)).split('\n').length;
}
