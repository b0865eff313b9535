import { posix } from 'node:path';

/*
 * The rooms of the house and the doors between them, as ARCHITECTURE.md draws them.
 */

type Layer = {
  /** Folder, relative to the project. The longest one that fits a path is its layer. */
  readonly folder: string;
  /** Layers it may import besides itself. */
  readonly imports: readonly string[];
  /** No clock, no chance, no timer, no socket, no DOM, no Node. */
  readonly isPure: boolean;
};

const UNDER_TAGS = ['shared/basics', 'shared/bytes'];
const UNDER_PACKETS = [...UNDER_TAGS, 'shared/tags'];
// From here on tags are unknown: the swarm does not know what it carries.
const UNDER_WIRE = [...UNDER_TAGS, 'shared/packets'];
const UNDER_SWARM = [...UNDER_WIRE, 'shared/wire'];
const UNDER_DRIVER = [...UNDER_SWARM, 'shared/swarm'];
const UNDER_PROGRAMS = [...UNDER_DRIVER, 'shared/tags', 'shared/fmp4', 'shared/driver'];
const UNDER_TRACKER = [...UNDER_TAGS, 'shared/wire'];

export const LAYERS: readonly Layer[] = [
  { folder: 'shared/basics', imports: [], isPure: true },
  { folder: 'shared/bytes', imports: ['shared/basics'], isPure: true },
  { folder: 'shared/tags', imports: UNDER_TAGS, isPure: true },
  { folder: 'shared/fmp4', imports: UNDER_PACKETS, isPure: true },
  { folder: 'shared/packets', imports: UNDER_PACKETS, isPure: true },
  { folder: 'shared/wire', imports: UNDER_WIRE, isPure: true },
  { folder: 'shared/swarm', imports: UNDER_SWARM, isPure: true },
  { folder: 'shared/driver', imports: UNDER_DRIVER, isPure: false },
  { folder: 'shared/driver/browser', imports: [...UNDER_DRIVER, 'shared/driver'], isPure: false },
  { folder: 'shared/driver/node', imports: [...UNDER_DRIVER, 'shared/driver'], isPure: false },
  { folder: 'tracker/core', imports: UNDER_TRACKER, isPure: true },
  { folder: 'tracker', imports: [...UNDER_TRACKER, 'tracker/core'], isPure: false },
  { folder: 'player/playback', imports: UNDER_PACKETS.concat('shared/packets', 'shared/fmp4'), isPure: true },
  { folder: 'player', imports: [...UNDER_PROGRAMS, 'shared/driver/browser', 'player/playback'], isPure: false },
  // Runs in Node, before there is a page.
  { folder: 'player/build', imports: [], isPure: false },
  { folder: 'shared/simulator', imports: [...UNDER_DRIVER, 'tracker/core', 'player/playback'], isPure: true },
  { folder: 'seeder', imports: [...UNDER_PROGRAMS, 'shared/driver/node'], isPure: false },
];

/** The process entry: the only place where tracker, simulator and seeder meet. */
const ENTRY = /^seeder\/(?:main\.ts$|commands\/)/;
const ENTRY_IMPORTS = ['tracker', 'tracker/core', 'shared/simulator'];

export function layerOf(path: string): Layer | undefined {
  let best: Layer | undefined;
  for (const layer of LAYERS) {
    if (path.startsWith(`${layer.folder}/`) && layer.folder.length > (best?.folder.length ?? 0)) best = layer;
  }
  return best;
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith('.');
}

/** The project path that a relative import names. */
export function resolveImport(importer: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(importer), specifier.replace(/\?.*$/, '')));
}

const PROPERTIES = 'test/support/properties.ts';

/** Why this file may not import that; undefined where it may. Tests may import everything of ours. */
export function forbiddenImport(importer: string, specifier: string): string | undefined {
  if (specifier === 'fast-check' && importer !== PROPERTIES)
    return `import fc from ${PROPERTIES}, which gives every run the same cases`;
  const layer = layerOf(importer);
  if (layer === undefined) return undefined;
  if (!isRelative(specifier)) {
    if (layer.isPure)
      return `${layer.folder} is pure and imports no package: put what needs '${specifier}' in shared/driver`;
    if (specifier.startsWith('node:') && (layer.folder === 'player' || layer.folder === 'shared/driver/browser')) {
      return `${layer.folder} runs in a page, which has no '${specifier}'`;
    }
    if (specifier.startsWith('node:') && layer.folder === 'shared/driver') {
      return `shared/driver is for browser and Node alike: '${specifier}' belongs in shared/driver/node`;
    }
    return undefined;
  }
  const target = resolveImport(importer, specifier);
  if (target.startsWith('../')) return `'${specifier}' is outside of the project`;
  const targetLayer = layerOf(target);
  if (targetLayer === undefined) {
    if (target.startsWith('test/')) return `the product never imports a test: '${specifier}'`;
    return undefined;
  }
  const allowed = ENTRY.test(importer) ? [...layer.imports, ...ENTRY_IMPORTS] : layer.imports;
  if (targetLayer.folder === layer.folder || allowed.includes(targetLayer.folder)) return undefined;
  return `${layer.folder} may not import ${targetLayer.folder} ('${specifier}'); it may import ${allowed.join(', ') || 'nothing'} (ARCHITECTURE.md)`;
}
