import type { Params, RequestName, Result } from './contract.ts';
import type { AppEvent } from './events.ts';
import type { Answer } from './message.ts';
import type { Dropped } from './topics/app.ts';

/** What the preload script gives the window as `window.decant`. Everything that passes is checked on arrival, at both ends. */
export interface Bridge {
  request<Name extends RequestName>(name: Name, params: Params<Name>): Promise<Answer<Result<Name>>>;
  /**
   * Opens what was dropped, given as the DOM's Files: a folder, a .zip or a recipe, or the class folders of a dataset together.
   * The preload script asks Electron for their paths.
   */
  open(files: readonly object[], work: string): Promise<Answer<Dropped>>;
  /** Gives a function that ends it. */
  listen(listener: (event: AppEvent) => void): () => void;
}
