import { importModule } from '../modules/import-module.ts';
import type { Node } from '../ops/graph.ts';
import type * as Channel from './lower-channel.ts';

export const isChannel = (node: Node): node is Channel.ChannelNode => node.op === 'channelAttention';

/** Linear attention that forgets channel by channel: a script of its own, for few models have it. Rejects with `ModuleLoadError`. */
export const importChannel = (): Promise<typeof Channel> => importModule(() => import('./lower-channel.ts'));
