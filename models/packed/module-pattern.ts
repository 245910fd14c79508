import type { ConfigReader } from '../config/config-reader.ts';

export type NameTest = (name: string) => boolean;

/**
 * Whether a list of modules that are left alone names a module: an entry is the module's name, or a run of its dotted parts (`lm_head`,
 * `mlp.gate`), in which `*` stands for anything. Libraries differ in the details of such lists; but a weight that is stored as plain
 * numbers is never asked about, so that all this decides is which tensor is called missing.
 */
export function namesAny(entries: readonly string[]): NameTest {
  const patterns = entries.map((entry) => {
    const literal = entry.replace(/^\.+|\.+$/g, '').replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
    return new RegExp(`(?:^|\\.)${literal.replaceAll('*', '.*')}(?:\\.|$)`);
  });
  return (name) => patterns.some((pattern) => pattern.test(name));
}

/** Lists under any of these keys that `namesAny` understands; an absent list is empty. */
export const listedModules = (config: ConfigReader, ...keys: string[]): NameTest => namesAny(keys.flatMap((key) => (config.has(key) ? config.strings(key) : [])));
