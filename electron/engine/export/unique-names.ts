/** Names in a file, where no two things may have the same. */
export class UniqueNames {
  readonly #taken = new Set<string>();
  readonly #clean: (name: string) => string;

  /** @param clean brings names into the form that the file's format asks for */
  constructor(clean: (name: string) => string = (name) => name) {
    this.#clean = clean;
  }

  /** The wanted name, with a number behind it where it is taken already. */
  take(wanted: string): string {
    const name = this.#clean(wanted);
    let free = name;
    for (let i = 2; this.#taken.has(free); i++) free = `${name}_${i}`;
    this.#taken.add(free);
    return free;
  }
}
