import { buildMobileNetV3 } from '../mobilenet-v3.ts';
import type { BuildArchitecture } from '../network-builder.ts';

export const build: BuildArchitecture = (options) => buildMobileNetV3('mobilenet-v3-small', options);
