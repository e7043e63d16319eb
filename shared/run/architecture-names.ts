const NAMES = new Map([
  ['mobilenet-v2', 'MobileNetV2'],
  ['mobilenet-v3-large', 'MobileNetV3-Large'],
  ['mobilenet-v3-small', 'MobileNetV3-Small'],
]);

/** The published name of an architecture; unknown names are returned as they are. */
export function nameArchitecture(architecture: string): string {
  return NAMES.get(architecture) ?? architecture;
}
