import { SluiceError } from './sluice-error.ts';

/** There was nothing to sample from: a logit is NaN or +∞, or every token is masked. */
export class InvalidLogitsError extends SluiceError {
  readonly code = 'invalid-logits';
  /** Place of the token in its sequence. */
  readonly position: number;

  constructor(position: number) {
    super(
      `The model computed no usable logits for token ${position}: one is NaN or +∞, or all are −∞. ` +
        'The weights may be damaged, or overflow in f16: load the checkpoint again, or with precision "f32".',
    );
    this.position = position;
  }
}
