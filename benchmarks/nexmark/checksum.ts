/**
 * Count and checksum of a query's results, independent of their order. A result is a list of integers below 2^53 and
 * texts; all arithmetic is 32-bit:
 *
 *   h = 0x811c9dc5
 *   integer v   h = imul(h ^ (v mod 2^32), 0x01000193);  h = imul(h ^ floor(v / 2^32), 0x01000193)
 *   text s      for each UTF-16 unit c: h = imul(h ^ c, 0x01000193)
 *   end         h ^= h >>> 15;  h = imul(h, 0x2c1b3c6d);  h ^= h >>> 12
 *
 * The checksum is the sum of all h, unsigned, modulo 2^53.
 */
export class Checksum {
  count = 0;
  /** Below 2^53. */
  sum = 0;
  #hash = seed;

  /** A non-negative integer of the current result. */
  integer(value: number): this {
    const low = Math.imul(this.#hash ^ (value | 0), prime);
    this.#hash = Math.imul(value < two32 ? low : low ^ (value / two32), prime);
    return this;
  }

  text(value: string): this {
    let hash = this.#hash;
    for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), prime);
    this.#hash = hash;
    return this;
  }

  /** Ends the current result. */
  end(): void {
    let hash = this.#hash;
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b3c6d);
    hash ^= hash >>> 12;
    this.#hash = seed;
    this.count++;
    const unsigned = hash >>> 0;
    // A double cannot hold a sum beyond 2^53, so the modulus is taken off before adding.
    const room = two53 - unsigned;
    this.sum = this.sum >= room ? this.sum - room : this.sum + unsigned;
  }
}

const seed = 0x811c9dc5 | 0;
const prime = 0x01000193;
const two32 = 2 ** 32;
const two53 = 2 ** 53;
