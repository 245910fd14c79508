import { NO_TOKEN } from '../../shaders/sampling/sampling.ts';
import { InvalidLogitsError } from '../errors/invalid-logits-error.ts';

/** A token id as read back; `position` is its place in the sequence. @throws InvalidLogitsError where there was nothing to sample. */
export function checkSampled(token: number, position: number): number {
  if (token === NO_TOKEN) throw new InvalidLogitsError(position);
  return token;
}
