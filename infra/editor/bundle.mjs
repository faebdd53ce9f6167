// Bundles the entries beside this file: `bundle.mjs MODULES INTO`, where MODULES holds an installed node_modules.
//
// The same versions give the same bytes: esbuild is one of the pinned packages, and no path gets into its output.

import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [modules, into] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const { build } = createRequire(join(modules, 'package.json'))('esbuild');

/** What y-codemirror.next needs of lib0/dom, kept to the console's policy. */
const styles = {
  name: 'styles-as-properties',
  setup: at => at.onResolve({ filter: /^lib0\/dom$/ }, ({ importer }) =>
    importer.includes('y-codemirror.next') ? { path: join(modules, 'dom.js') } : undefined),
};

const used = new Map();
for (const entry of ['editor.js', 'signalr.js']) {
  for (const file of [entry, 'dom.js']) copyFileSync(join(here, file), join(modules, file));
  const { metafile } = await build({
    absWorkingDir: modules, entryPoints: [entry], outfile: join(into, entry), plugins: [styles],
    bundle: true, minify: true, format: 'esm', target: 'es2022', legalComments: 'none', charset: 'utf8', metafile: true, logLevel: 'warning',
  });
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const found = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/);
      if (found && bytesInOutput) used.set(found[1], [...new Set([...(used.get(found[1]) || []), entry])]);
    }
  }
}

const parts = [...used].sort(([one], [other]) => one < other ? -1 : 1).map(([name, entries]) => {
  const folder = join(modules, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  // One package names its licence and does not bring its text.
  const own = join(here, 'licences', `${name.replace('/', '+')}.txt`);
  const text = readdirSync(folder).find(file => /^licen[cs]e/i.test(file));
  if (!text && !existsSync(own)) throw new Error(`${name} brings no licence`);
  return `${name} ${version} (${license}), in ${entries.join(' and ')}\n\n${readFileSync(text ? join(folder, text) : own, 'utf8').trim()}\n`;
});
writeFileSync(join(into, 'LICENSES.txt'), parts.join(`\n${'-'.repeat(72)}\n\n`));
