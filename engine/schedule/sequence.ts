import type { BoundProgram, Program } from '../program/program.ts';
import type { SequenceState } from './sequence-state.ts';

/**
 * One conversation as the engine sees it: its tokens, and how many of them its state has read. The tokens after
 * `position` are pending: at least the newest generated one always is.
 */
export class Sequence {
  readonly state: SequenceState;
  /** All tokens, read or pending. */
  tokens: number[] = [];
  readonly #bound = new Map<Program, BoundProgram>();

  constructor(state: SequenceState) {
    this.state = state;
  }

  get position(): number {
    return this.state.position;
  }

  /** The program's bind groups for this sequence, made on first use. */
  bound(program: Program): BoundProgram {
    let bound = this.#bound.get(program);
    if (!bound) {
      bound = program.bind(this.state);
      this.#bound.set(program, bound);
    }
    return bound;
  }

  /** Length of the longest prefix of `tokens` that the state has read and can go on from. */
  reusable(tokens: readonly number[]): number {
    const limit = Math.min(this.position, tokens.length - 1);
    let common = 0;
    while (common < limit && tokens[common] === this.tokens[common]) common++;
    return common === this.position || this.state.cuttable ? common : 0;
  }
}
