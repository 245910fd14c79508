/**
 * What a layer remembers between steps, declared by the model file. The scheduler allocates, restores and frees it
 * without knowing the model.
 */
export type StateDeclaration =
  /** Keys and values of every past token, each [kvHeads, context, headDim]; or of every `chunk` tokens, [kvHeads, context / chunk, headDim], written by the last of them. */
  | { readonly kind: 'kv'; readonly kvHeads: number; readonly headDim: number; readonly chunk?: number }
  /** The last kernelSize − 1 inputs of a short convolution, [kernelSize − 1, channels] f32. */
  | { readonly kind: 'conv'; readonly channels: number; readonly kernelSize: number }
  /** The matrix state of linear attention, [heads, keyDim, valueDim] f32. */
  | { readonly kind: 'recurrent'; readonly heads: number; readonly keyDim: number; readonly valueDim: number }
  /** A recurrence of which every element decays by itself, [stateSize, channels] f32: a selective scan, or with a stateSize of 1 an RG-LRU. */
  | { readonly kind: 'diagonal'; readonly channels: number; readonly stateSize: number }
  /** The matrix, the normaliser and the stabiliser of an mLSTM, per head [keyDim, valueDim], [keyDim] and [1] f32. */
  | { readonly kind: 'mlstm'; readonly heads: number; readonly keyDim: number; readonly valueDim: number };

/** Rows that a head's cache for `context` tokens has. */
export const cacheRows = ({ chunk = 1 }: KvState, context: number): number => Math.max(1, Math.floor(context / chunk));

export type KvState = Extract<StateDeclaration, { kind: 'kv' }>;
export type ConvState = Extract<StateDeclaration, { kind: 'conv' }>;
export type DiagonalState = Extract<StateDeclaration, { kind: 'diagonal' }>;
export type MLstmState = Extract<StateDeclaration, { kind: 'mlstm' }>;
export type RecurrentState = Extract<StateDeclaration, { kind: 'recurrent' }>;
