const NAMES = new Map([
  ['mobilenet-v2', 'MobileNetV2'],
  ['mobilenet-v3-large', 'MobileNetV3-Large'],
  ['mobilenet-v3-small', 'MobileNetV3-Small'],
]);

/** The name that papers give an architecture; an unknown one as it is. */
export function nameArchitecture(architecture: string): string {
  return NAMES.get(architecture) ?? architecture;
}
