/** Smaller memory is cheap to get, and not kept. */
const leastBytes = 16 * 1024;

/** Pieces that wait to be used again. More would be memory of a burst that is long over. */
const mostFree = 4;

/** Pieces of memory that are used again. What is never given back belongs to the garbage collector. */
export class MemoryPool {
  readonly #free: ArrayBuffer[] = [];
  readonly #taken = new WeakSet<ArrayBufferLike>();

  /** At least that many bytes, as their last user left them. */
  take(bytes: number): ArrayBuffer {
    if (bytes < leastBytes) return new ArrayBuffer(bytes);
    const memory = this.#takeFree(bytes) ?? freshMemory(bytes);
    this.#taken.add(memory);
    return memory;
  }

  #takeFree(bytes: number): ArrayBuffer | undefined {
    let best = -1;
    for (const [i, { byteLength }] of this.#free.entries()) {
      if (byteLength >= bytes && (best < 0 || byteLength < this.#free[best]!.byteLength)) best = i;
    }
    return best < 0 ? undefined : this.#free.splice(best, 1)[0];
  }

  /** Memory of others, and what came back before, is left alone. */
  giveBack(memory: ArrayBufferLike): void {
    if (!this.#taken.delete(memory)) return;
    this.#free.push(memory as ArrayBuffer);
    if (this.#free.length > mostFree) this.#free.sort((a, b) => b.byteLength - a.byteLength).pop();
  }
}

/** Not cleared, and somewhat more: the next piece is seldom of the same size. */
function freshMemory(bytes: number): ArrayBuffer {
  return Buffer.allocUnsafeSlow(Math.ceil(bytes * 1.125)).buffer;
}
