/** The tensors of a checkpoint by module: names that begin with a module's and go on with a dot or an underscore. */
export class TensorSuffixes {
  readonly #names: readonly string[];

  /** `names`: those of all tensors that may belong to packed modules. */
  constructor(names: Iterable<string>) {
    this.#names = [...names].sort();
  }

  /** What follows the module's name in those of its tensors: `.qweight`, `.scales`. */
  of(module: string): string[] {
    const found: string[] = [];
    for (let i = this.#firstFrom(module); i < this.#names.length && this.#names[i].startsWith(module); i++) {
      const suffix = this.#names[i].slice(module.length);
      if (/^[._]/.test(suffix)) found.push(suffix);
    }
    return found;
  }

  /** Binary search, since a mixture of experts has tens of thousands of tensors. */
  #firstFrom(prefix: string): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#names[middle] < prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
