import { importModule } from '../modules/import-module.ts';
import type { Node } from '../ops/graph.ts';
import type * as Recurrent from './lower-recurrent.ts';

const OPERATORS: ReadonlySet<Node['op']> = new Set<Recurrent.RecurrentNode['op']>(['shortConv', 'linearAttention', 'gatedRmsNorm', 'scale', 'add', 'concatenate', 'glu']);

export const isRecurrent = (node: Node): node is Recurrent.RecurrentNode => OPERATORS.has(node.op);

/** What hybrid models alone are made of, joints included. With their shaders these operators are a tenth of the engine, and most models can do without: a script of their own. Rejects with `ModuleLoadError`. */
export const importRecurrent = (): Promise<typeof Recurrent> => importModule(() => import('./lower-recurrent.ts'));
