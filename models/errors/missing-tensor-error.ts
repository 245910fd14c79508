import { CheckpointError } from './checkpoint-error.ts';

/** A tensor that was asked for is not in the checkpoint. */
export class MissingTensorError extends CheckpointError {
  /** Names in the checkpoint that are spelt most like it, best first. */
  readonly nearest: readonly string[];

  constructor(tensor: string, nearest: readonly string[], file: string) {
    const hint = nearest.length ? `; the nearest names are ${nearest.map((name) => JSON.stringify(name)).join(', ')}` : '';
    super('missing-tensor', `is not there${hint}. The checkpoint is incomplete or of another architecture than its config says.`, { file, tensor });
    this.nearest = nearest;
  }
}
