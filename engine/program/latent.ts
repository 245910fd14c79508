import { importModule } from '../modules/import-module.ts';
import type { Node } from '../ops/graph.ts';
import type * as Latent from './lower-latent.ts';

export const isLatent = (node: Node): node is Latent.LatentNode => node.op === 'latentAttention';

/** Latent attention's own kernel: a script of its own, for few models have it. Rejects with `ModuleLoadError`. */
export const importLatent = (): Promise<typeof Latent> => importModule(() => import('./lower-latent.ts'));
