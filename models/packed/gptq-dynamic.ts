import type { ConfigReader } from '../config/config-reader.ts';
import { pythonPattern } from './python-pattern.ts';

/** Keys of an exception that would change more than numbers of bits and groups. */
const STORAGE = ['quant_method', 'method', 'checkpoint_format', 'format', 'pack_dtype'];

/**
 * GPTQModel's exceptions for single modules (`dynamic_get` in its quantization/config.py): a map from regular expressions to what is
 * different there, the first that fits a module's name counts. One that begins with `-:` leaves modules alone.
 */
export function readDynamic<Scheme>(config: ConfigReader, read: (overrides: ConfigReader) => Scheme): (name: string) => Scheme | 'skip' | undefined {
  const dynamic = config.optionalObject('dynamic');
  const rules = (dynamic?.keys() ?? []).map((key) => {
    const matches = pythonPattern(key.replace(/^[-+]:/, ''));
    if (!dynamic || !matches) throw config.error('dynamic', `a map from regular expressions, which ${JSON.stringify(key)} is not as far as is understood`);
    for (const storage of STORAGE) {
      if (!key.startsWith('-:') && dynamic.object(key).has(storage)) throw dynamic.object(key).error(storage, 'absent: exceptions that are stored in another way are not read');
    }
    return { matches, scheme: key.startsWith('-:') ? ('skip' as const) : read(dynamic.object(key)) };
  });
  return (name) => rules.find(({ matches }) => matches(name))?.scheme;
}
