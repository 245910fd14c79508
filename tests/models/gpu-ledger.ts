/** Counts the GPU buffers of this page that exist, by watching how they are made and destroyed. */
export class GpuLedger {
  readonly #live = new Set<GPUBuffer>();
  readonly #createBuffer = GPUDevice.prototype.createBuffer;
  readonly #destroy = GPUBuffer.prototype.destroy;
  /** Buffers made since the ledger was opened. */
  created = 0;

  constructor() {
    const { created, destroyed } = { created: (buffer: GPUBuffer) => this.#created(buffer), destroyed: (buffer: GPUBuffer) => this.#live.delete(buffer) };
    const createBuffer = this.#createBuffer;
    const destroy = this.#destroy;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      const buffer = createBuffer.call(this, descriptor);
      created(buffer);
      return buffer;
    };
    GPUBuffer.prototype.destroy = function () {
      destroyed(this);
      return destroy.call(this);
    };
  }

  #created(buffer: GPUBuffer): void {
    this.created++;
    this.#live.add(buffer);
  }

  /** Labels of the buffers that were made since and not destroyed. */
  get live(): string[] {
    return [...this.#live].map(({ label, size }) => `${label} (${size} bytes)`);
  }

  close(): void {
    GPUDevice.prototype.createBuffer = this.#createBuffer;
    GPUBuffer.prototype.destroy = this.#destroy;
  }
}
