import { importModule } from '../modules/import-module.ts';
import type { Node } from '../ops/graph.ts';
import type * as Scan from './lower-scan.ts';

export const isScan = (node: Node): node is Scan.ScanNode => node.op === 'selectiveScan' || node.op === 'rgLru' || node.op === 'mLstm';

/** Recurrences outside the family of linear attention, each of which few models have: a script of their own. Rejects with `ModuleLoadError`. */
export const importScan = (): Promise<typeof Scan> => importModule(() => import('./lower-scan.ts'));
