import { SluiceError } from './sluice-error.ts';

/**
 * A script of the engine's own, which it fetches when it needs it, did not come: no connection, no such file, or a server that does not let
 * other origins read it. Trying again may help.
 */
export class ModuleLoadError extends SluiceError {
  readonly code = 'module-load';
  /** Address of the script; where the browser does not tell, of one that it lies beside. */
  readonly url: string;

  /** `detail` is the browser's own message. */
  constructor(script: { readonly url: string } | { readonly beside: string }, detail: string, options?: ErrorOptions) {
    const url = 'url' in script ? script.url : script.beside;
    super(
      `${'url' in script ? `The script ${url}` : `A script beside ${url}`} could not be loaded (${detail}). Check the connection and try again. ` +
        'On a server of your own, all files of the build must be there, with the folder "sluice" beside sluice.js, and Access-Control-Allow-Origin where the page is of another origin.',
      options,
    );
    this.url = url;
  }
}
