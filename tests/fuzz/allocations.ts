const NAMES = ['Uint8Array', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array', 'Float32Array', 'Float64Array', 'BigUint64Array'] as const;

let allocated = 0;

/**
 * Counts from now on the bytes of every typed array that is made with a length of its own. To be called before the code
 * under test is imported, since that may keep the constructors.
 */
export function countAllocations(): void {
  for (const name of NAMES) {
    const original = globalThis[name] as unknown as new (...args: unknown[]) => { byteLength: number; buffer: unknown };
    const counting = new Proxy(original, {
      construct(target, args: unknown[], newTarget) {
        // A view of a buffer takes no memory.
        const made = Reflect.construct(target, args, newTarget === counting ? target : newTarget) as { byteLength: number };
        if (!(args[0] instanceof ArrayBuffer)) allocated += made.byteLength;
        return made;
      },
    });
    Object.assign(globalThis, { [name]: counting });
  }
}

/** Bytes since the last call. */
export function takeAllocated(): number {
  const bytes = allocated;
  allocated = 0;
  return bytes;
}
