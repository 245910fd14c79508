import type { Snapshot } from '../../models/model.ts';

/** Most bytes on the GPU that places may take: a few turns of a large hybrid, whose states weigh some 50 MB each, and dozens of a small one. */
const BUDGET = 256e6;

/** States of a conversation that can be gone back to, by the names that the page gives them. Those that were not needed for longest go first. */
export class Places {
  readonly #budget: number;
  /** Oldest first. */
  readonly #kept = new Map<string, Snapshot>();

  constructor(budget = BUDGET) {
    this.#budget = budget;
  }

  get empty(): boolean {
    return this.#kept.size === 0;
  }

  has(name: string): boolean {
    return this.#kept.has(name);
  }

  /** The snapshot stays the place's own. */
  get(name: string): Snapshot | undefined {
    const snapshot = this.#kept.get(name);
    if (!snapshot) return undefined;
    this.#kept.delete(name);
    this.#kept.set(name, snapshot);
    return snapshot;
  }

  /** Takes the snapshot over, in place of one of the same name. */
  keep(name: string, snapshot: Snapshot): void {
    this.forget(name);
    this.#kept.set(name, snapshot);
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#budget) return;
      this.forget(oldest);
    }
  }

  forget(name: string): void {
    this.#kept.get(name)?.dispose();
    this.#kept.delete(name);
  }

  forgetAll(): void {
    for (const name of [...this.#kept.keys()]) this.forget(name);
  }

  get #bytes(): number {
    return [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
