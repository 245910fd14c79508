import { readSettings, writeSettings, type Settings } from './settings-store.ts';

/** The sampling settings in force: what the visitor chose, over what suits the loaded model. */
export class ChosenSettings {
  /** What is used where nothing is chosen. */
  defaults: Settings = {};
  #chosen = readSettings();

  /** What the visitor chose, rather than the model. */
  get chosen(): Settings {
    return this.#chosen;
  }

  /** Also remembers it for the next visit. */
  set chosen(settings: Settings) {
    this.#chosen = settings;
    writeSettings(settings);
  }

  get value(): Settings {
    return { ...this.defaults, ...this.#chosen };
  }
}
