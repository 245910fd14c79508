/** An attention variant that no kernel exists for: names the field, so that the model's config key can be found. */
export class AttentionVariantError extends RangeError {
  readonly code = 'attention-variant';
  readonly field: string;

  constructor(field: string, message: string) {
    super(`attention variant: ${field} ${message}`);
    this.name = 'AttentionVariantError';
    this.field = field;
  }
}
