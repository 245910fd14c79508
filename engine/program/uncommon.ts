import { importModule } from '../modules/import-module.ts';
import type * as Channel from './lower-channel.ts';
import type * as Chunk from './lower-chunk.ts';
import type * as Differential from './lower-differential.ts';
import type * as Hedgehog from './lower-hedgehog.ts';
import type * as Joint from './lower-joint.ts';
import type * as Latent from './lower-latent.ts';
import type * as Memories from './lower-memories.ts';
import type * as Moe from './lower-moe.ts';
import type * as Recurrent from './lower-recurrent.ts';
import type * as Rwkv from './lower-rwkv.ts';
import type * as Scan from './lower-scan.ts';
import type * as Slots from './lower-slots.ts';
import type { Lowering } from './lowering.ts';

/** Operators without which the Llama family does. With their shaders they are as much as the rest of the engine: scripts of their own, for each kind of model. */
export type UncommonNode = Channel.ChannelNode | Chunk.ChunkNode | Differential.DifferentialNode | Hedgehog.HedgehogNode | Joint.JointNode | Latent.LatentNode | Moe.MoeNode | Recurrent.RecurrentNode | Rwkv.RwkvNode | Scan.ScanNode | Memories.MemoriesNode | Slots.SlotsNode;

/** Linear attention that forgets channel by channel. Rejects with `ModuleLoadError`, like all of these. */
export const importChannel = (): Promise<typeof Channel> => importModule(() => import('./lower-channel.ts'));

/** Recurrences within chunks, attention across them. */
export const importChunk = (): Promise<typeof Chunk> => importModule(() => import('./lower-chunk.ts'));

/** Differential attention. */
export const importDifferential = (): Promise<typeof Differential> => importModule(() => import('./lower-differential.ts'));

/** Linear attention over Hedgehog's features. */
export const importHedgehog = (): Promise<typeof Hedgehog> => importModule(() => import('./lower-hedgehog.ts'));

/** Where branches meet, GPT-2's norms and positions, factors. */
export const importJoint = (): Promise<typeof Joint> => importModule(() => import('./lower-joint.ts'));

/** Latent attention's own kernel. */
export const importLatent = (): Promise<typeof Latent> => importModule(() => import('./lower-latent.ts'));

/** Mixtures of memories. */
export const importMemories = (): Promise<typeof Memories> => importModule(() => import('./lower-memories.ts'));

/** Mixtures of experts. */
export const importMoe = (): Promise<typeof Moe> => importModule(() => import('./lower-moe.ts'));

/** What most hybrid models are made of. */
export const importRecurrent = (): Promise<typeof Recurrent> => importModule(() => import('./lower-recurrent.ts'));

/** What RWKV-7 has around its recurrence, which is linear attention. */
export const importRwkv = (): Promise<typeof Rwkv> => importModule(() => import('./lower-rwkv.ts'));

/** Recurrences outside the family of linear attention. */
export const importScan = (): Promise<typeof Scan> => importModule(() => import('./lower-scan.ts'));

/** The first pass of gated slot attention. */
export const importSlots = (): Promise<typeof Slots> => importModule(() => import('./lower-slots.ts'));

/** Fetches what the operator needs, if that is not there yet. Rejects with `ModuleLoadError`. */
export async function lowerUncommon(lowering: Lowering, node: UncommonNode): Promise<void> {
  switch (node.op) {
    case 'add':
    case 'concatenate':
    case 'glu':
    case 'layerNorm':
    case 'positionEmbedding':
    case 'scale':
    case 'softmax':
      return (await importJoint()).lowerJoint(lowering, node);
    case 'channelAttention':
      return (await importChannel()).lowerChannel(lowering, node);
    case 'chunkAttention':
      return (await importChunk()).lowerChunk(lowering, node);
    case 'differentialAttention':
      return (await importDifferential()).lowerDifferential(lowering, node);
    case 'hedgehogAttention':
      return (await importHedgehog()).lowerHedgehog(lowering, node);
    case 'arrangeHeads':
    case 'gatedRmsNorm':
    case 'linearAttention':
    case 'shortConv':
      return (await importRecurrent()).lowerRecurrent(lowering, node);
    case 'interpolate':
    case 'linearEach':
    case 'rwkvOutput':
      return (await importRwkv()).lowerRwkv(lowering, node);
    case 'latentAttention':
      return (await importLatent()).lowerLatent(lowering, node);
    case 'hgrn':
    case 'mLstm':
    case 'rgLru':
    case 'selectiveScan':
      return (await importScan()).lowerScan(lowering, node);
    case 'combineMemories':
    case 'memoryConv':
    case 'routeMemories':
      return (await importMemories()).lowerMemories(lowering, node);
    case 'slotScores':
      return (await importSlots()).lowerSlots(lowering, node);
    case 'moe':
      return (await importMoe()).lowerMoe(lowering, node);
    default:
      return node satisfies never;
  }
}
