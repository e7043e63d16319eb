/** What is known of an architecture without building it. Its builder is in `electron/engine/model/architectures/`. */
export interface ArchitectureEntry {
  /** The name that papers give it. */
  readonly title: string;
}

/** Every architecture that can be built by name. Another one is an entry here and a file there. */
export const ARCHITECTURES = {
  'mobilenet-v2': { title: 'MobileNetV2' },
  'mobilenet-v3-large': { title: 'MobileNetV3-Large' },
  'mobilenet-v3-small': { title: 'MobileNetV3-Small' },
  'mobilenet-v4-conv-small': { title: 'MobileNetV4-Conv-Small' },
  'efficientnet-lite0': { title: 'EfficientNet-Lite0' },
} as const satisfies Record<string, ArchitectureEntry>;

export type Architecture = keyof typeof ARCHITECTURES;
/** In the order of the table. */
export const ARCHITECTURE_NAMES = Object.keys(ARCHITECTURES) as Architecture[]; // The table's own keys.

/** The name that papers give an architecture; an unknown one as it is. */
export function nameArchitecture(architecture: string): string {
  const known = ARCHITECTURE_NAMES.find((name) => name === architecture);
  return known ? ARCHITECTURES[known].title : architecture;
}
