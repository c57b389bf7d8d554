/**
 * Says of a key whether it may be in the store: no false negatives, about 1 % false positives. A blocked Bloom filter
 * over 32-bit hashes (one 256-bit block per key, eight probes); full blocks are followed by a filter of four times the
 * size, because the hashes are not kept.
 */
import type { Key } from '../core/partitioner.ts';
import { murmur2Text } from '../core/partitioner.ts';

const WORDS_PER_BLOCK = 8;
/** 256 bits for 20 keys: 12.8 bits a key. */
const KEYS_PER_BLOCK = 20;

class Layer {
  readonly words: Uint32Array;
  readonly capacity: number;
  readonly #mask: number;
  count = 0;

  constructor(blocks: number) {
    this.words = new Uint32Array(blocks * WORDS_PER_BLOCK);
    this.capacity = blocks * KEYS_PER_BLOCK;
    this.#mask = blocks - 1;
  }

  add(hash: number): void {
    const at = (hash & this.#mask) * WORDS_PER_BLOCK;
    let bits = Math.imul(hash, 0x9e3779b1);
    for (let i = 0; i < WORDS_PER_BLOCK; i++) {
      this.words[at + i]! |= 1 << (bits >>> 27);
      bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
    }
    this.count++;
  }

  has(hash: number): boolean {
    const at = (hash & this.#mask) * WORDS_PER_BLOCK;
    let bits = Math.imul(hash, 0x9e3779b1);
    for (let i = 0; i < WORDS_PER_BLOCK; i++) {
      if ((this.words[at + i]! & (1 << (bits >>> 27))) === 0) return false;
      bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
    }
    return true;
  }
}

export class PresenceFilter {
  readonly #layers: Layer[] = [];

  add(key: Key): void {
    let last = this.#layers.at(-1);
    if (last === undefined || last.count >= last.capacity) {
      last = new Layer(last === undefined ? 2 ** 10 : last.words.length / 2);
      this.#layers.push(last);
    }
    last.add(hashOf(key));
  }

  mayHave(key: Key): boolean {
    if (this.#layers.length === 0) return false;
    const hash = hashOf(key);
    for (const layer of this.#layers) if (layer.has(hash)) return true;
    return false;
  }

  get byteLength(): number {
    return this.#layers.reduce((sum, layer) => sum + layer.words.byteLength, 0);
  }
}

function hashOf(key: Key): number {
  return murmur2Text(typeof key === 'string' ? key : String(key));
}
