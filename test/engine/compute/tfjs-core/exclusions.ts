/** Tests of tfjs-core that are not run, each with the reason. `test` is a part of the test's full name. */
export const EXCLUSIONS: readonly { readonly test: string; readonly reason: string }[] = [];

/** Those that are not run on webgpu besides. */
export const WEBGPU_EXCLUSIONS: typeof EXCLUSIONS = [];
