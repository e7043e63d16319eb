/**
 * Lets Node run the modules that tfjs's packages ship beside their bundles, which are written for bundlers: imports
 * without extensions, `require` in places, and names of CommonJS packages that Node does not see. Import before tfjs.
 */
import { existsSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const SOURCES = /^@tensorflow\/(tfjs-core|tfjs-backend-cpu|tfjs-backend-webgpu)$/;

registerHooks({
  resolve(specifier, context, next) {
    if (SOURCES.test(specifier)) return next(`${specifier}/dist/index.js`, context);
    if (specifier === 'seedrandom' && context.parentURL?.endsWith('.js')) {
      return { url: 'tfjs-shim:seedrandom', format: 'module', shortCircuit: true };
    }
    const fromTfjs = context.parentURL?.includes('/@tensorflow/') === true;
    const inTfjs = specifier.startsWith('@tensorflow/tfjs') && specifier.includes('/dist/');
    if ((fromTfjs && specifier.startsWith('.')) || inTfjs) {
      if (specifier.endsWith('.js')) return next(specifier, context);
      if (!inTfjs && !existsSync(fileURLToPath(new URL(`${specifier}.js`, context.parentURL)))) {
        return next(`${specifier}/index.js`, context);
      }
      return next(`${specifier}.js`, context);
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (url === 'tfjs-shim:seedrandom') {
      const source = `import { createRequire } from 'node:module';
        const seedrandom = createRequire(${JSON.stringify(import.meta.url)})('seedrandom');
        export default seedrandom;
        export const { alea, xor128, tychei, xorwow, xor4096, xorshift7 } = seedrandom;`;
      return { format: 'module', source, shortCircuit: true };
    }
    return next(url, context);
  },
});

/** What the sources find under the global `require`; of jasmine they only set a time limit on a copy of their own. */
function requireForSources(name: string): unknown {
  return name.startsWith('jasmine-core/') ? { core: () => ({}) } : require(name);
}
Object.assign(globalThis, { require: Object.assign(requireForSources, { resolve: require.resolve }) });
