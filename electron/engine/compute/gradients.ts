/**
 * Registers the gradients of tfjs-core's own kernels.
 *
 * The package's Node bundle leaves them out, and they are only to be had as modules that import each other without file
 * extensions, as bundlers like it. So the extension is supplied while they load. Engine and registries are global, so
 * these modules work on the same tensors as the bundle.
 */
import { registerHooks } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';

if ((tf.getGradient(tf.Conv2D) as tf.GradConfig | undefined) === undefined) {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const fromCore = context.parentURL?.includes('/@tensorflow/tfjs-core/dist/') === true;
      const bare = fromCore && specifier.startsWith('.') && !specifier.endsWith('.js');
      return next(bare ? `${specifier}.js` : specifier, context);
    },
  });
  try {
    await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  } finally {
    hooks.deregister();
  }
}
