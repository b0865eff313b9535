import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '../shared/basics/assert.ts';

/**
 * The folder of the package's package.json: two levels up from here in the repository (seeder/), three in what npm
 * installs (dist/server/seeder/). Pages stand in its dist/, the demo clip in its seeder/demo/.
 */
export function findPackageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    assert(parent !== folder, 'the package has a package.json above its modules');
    folder = parent;
  }
  return folder;
}
