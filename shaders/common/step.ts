/** Slots in the ring of recurrent states: a step reads one and writes the next, so the last few tokens can be taken back without a copy. */
export const STATE_SLOTS = 4;

/** Contents of the `Step` uniform (`step.wgsl`). */
export interface Step {
  readonly count: number;
  readonly position: number;
  readonly slotIn: number;
  readonly slotOut: number;
}

export const packStep = (step: Step): Uint32Array<ArrayBuffer> => new Uint32Array([step.count, step.position, step.slotIn, step.slotOut]);
