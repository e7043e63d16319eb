/** What is used of electron-installer-debian, which comes without types. */
declare module 'electron-installer-debian' {
  export class Installer {
    constructor(options: Readonly<Record<string, unknown>>);
    /** The folder that becomes the package: what is installed, and `DEBIAN` with what is said about it; none before `createStagingDir`. */
    protected readonly stagingDir: string | undefined;
    /** Names of the methods that put something into it. */
    protected get contentFunctions(): string[];
    protected copyLicense(target: string): Promise<void>;
    generateDefaults(): Promise<unknown>;
    /** Gives the options of everything that follows, which adds `packagePaths` at the end. */
    generateOptions(): { depends: readonly string[]; readonly packagePaths?: readonly string[] };
    createStagingDir(): Promise<void>;
    createContents(): Promise<unknown>;
    createPackage(): Promise<void>;
    movePackage(): Promise<void>;
  }
}
