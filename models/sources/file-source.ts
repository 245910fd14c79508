import { SourceError } from '../errors/source-error.ts';
import { LocalFile } from './local-file.ts';
import type { Source } from './source.ts';

/** Files that the user chose or dropped; the folders that all of them share are left out of their paths. */
export function fileSource(files: readonly File[]): Source {
  if (files.length === 0) throw new SourceError('invalid', 'files', 'no files were given; choose the folder that holds config.json and the weights, or a GGUF file');
  const paths = files.map(({ webkitRelativePath, name }) => (webkitRelativePath || name).split('/'));
  const depth = sharedFolders(paths);
  const name = paths[0][depth - 1] ?? 'local files';
  const byPath = new Map<string, File>();
  files.forEach((file, i) => {
    const path = paths[i].slice(depth).join('/');
    if (byPath.has(path)) throw new SourceError('invalid', name, `holds two files called ${path}; choose one folder at a time`);
    byPath.set(path, file);
  });
  const single = singleOf(name, [...byPath.keys()]);
  return {
    name,
    ...(single !== undefined && { single }),
    async open(path, signal) {
      signal?.throwIfAborted();
      const file = byPath.get(path);
      return file && new LocalFile(path, file);
    },
  };
}

/** The file that is the model among files that are no checkpoint of the Hub's kind: a GGUF file, of a split model's files any, or one of rwkv.cpp. */
function singleOf(name: string, paths: readonly string[]): string | undefined {
  if (paths.includes('config.json') && paths.some((path) => path.endsWith('.safetensors'))) return undefined;
  const ending = (pattern: RegExp): string[] => paths.filter((path) => pattern.test(path));
  const gguf = ending(/\.gguf$/i);
  // Beside a config, weights in such a file are PyTorch's.
  const [first, ...others] = gguf.length > 0 || paths.includes('config.json') ? gguf : ending(/\.bin$/i);
  const model = (path: string): string => path.replace(/-\d{5}-of-\d{5}\.gguf$/, '');
  const second = others.find((path) => model(path) !== model(first));
  if (second !== undefined) throw new SourceError('invalid', name, `holds several models, such as ${first} and ${second}; choose the file of one`);
  return first;
}

/** How many leading folders all paths have in common. */
function sharedFolders(paths: readonly (readonly string[])[]): number {
  const [first] = paths;
  let depth = 0;
  while (paths.every((path) => depth < path.length - 1 && path[depth] === first[depth])) depth++;
  return depth;
}
