/**
 * Registers the gradients of tfjs-core's own kernels.
 *
 * The package's Node bundle leaves them out. They exist only as some 450 modules that import each other without file
 * extensions, as bundlers like it, and whose package does not say that they are modules. So a hook supplies both while they
 * load, which also spares Node the search. Engine and registries are global, so these modules work on the same tensors as
 * the bundle.
 */
import { registerHooks } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';

if ((tf.getGradient(tf.Conv2D) as tf.GradConfig | undefined) === undefined) {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const fromCore = context.parentURL?.includes('/@tensorflow/tfjs-core/dist/') === true;
      const bare = fromCore && specifier.startsWith('.') && !specifier.endsWith('.js');
      if (!bare) return next(specifier, context);
      return { url: new URL(`${specifier}.js`, context.parentURL).href, format: 'module', shortCircuit: true };
    },
  });
  try {
    await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  } finally {
    hooks.deregister();
  }
}
