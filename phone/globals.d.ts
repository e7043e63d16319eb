/** Of the packages, as the build found them. */
declare const __LITERT_VERSION__: string;
