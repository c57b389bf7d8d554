/**
 * Reads single JSON values from bytes: what the generated code of json-decoder.ts is made of.
 *
 * Law of the walk: positions only grow, nothing checks the end of the record on the way (the next record of the slab or
 * the end of the slab stops every loop), and the decoder accepts only a walk that ends exactly at the record's end. So a
 * cut record can be misread for a moment, but never accepted.
 *
 * Every reader takes the position of the first byte of its value and leaves the position after it in `at`. Text is
 * checked four bytes at a time (`special`), which is why a DataView over the slab is kept.
 */
import { isUtf8 } from 'node:buffer';
import { StreamError } from '../core/stream-error.ts';
import { shortText, shortTextLimit } from './short-text.ts';

/** Thrown by all readers; the decoder then lets the reference explain. One object, because a stack per poison record is slow. */
const malformed = new StreamError('DECODE_FAILED', 'the bytes do not match the contract');

const quote = 0x22;
const backslash = 0x5c;
const powers = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const simpleEscapes = new Set(Buffer.from('"\\/bfnrt'));

export class JsonScanner {
  /** Position after the value just read, or of the byte that no reader wanted. */
  at = 0;
  view: DataView = new DataView(new ArrayBuffer(0));
  #slab: Buffer | undefined;
  /** Last position where four bytes can be read at once. */
  lastWord = -1;

  /** Must be called before reading from another buffer. */
  load(bytes: Buffer): void {
    if (this.#slab === bytes) return;
    this.#slab = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.lastWord = bytes.length - 4;
  }

  fail(position: number): never {
    this.at = position;
    throw malformed;
  }

  /** Position of the next byte that is not white space. */
  space(b: Buffer, p: number): number {
    for (;;) {
      const c = b[p];
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return p;
      p++;
    }
  }

  boolean(b: Buffer, p: number): boolean {
    const yes = b[p] === 116;
    this.#word(b, p, yes ? 'true' : 'false');
    return yes;
  }

  null(b: Buffer, p: number): null {
    this.#word(b, p, 'null');
    return null;
  }

  #word(b: Buffer, p: number, word: string): void {
    for (let i = 0; i < word.length; i++) if (b[p + i] !== word.charCodeAt(i)) this.fail(p);
    this.at = p + word.length;
  }

  int(b: Buffer, p: number): number {
    const value = this.long(b, p);
    return (value | 0) === value ? value : this.fail(p);
  }

  /** An integer in any JSON notation: `1e3` and `1.0` are integers, as for JSON.parse. */
  long(b: Buffer, start: number): number {
    let p = start;
    const negative = b[p] === 45;
    if (negative) p++;
    let c = b[p]!;
    // Nine digits fit a small integer; the rest is added once, because double arithmetic per digit is slower.
    let value = 0;
    const first = p;
    while (c >= 48 && c <= 57 && p - first < 9) {
      value = value * 10 + (c - 48);
      c = b[++p]!;
    }
    if (c >= 48 && c <= 57) {
      const second = p;
      let low = 0;
      while (c >= 48 && c <= 57 && p - second < 6) {
        low = low * 10 + (c - 48);
        c = b[++p]!;
      }
      value = value * powers[p - second]! + low;
    }
    const leadingZero = b[first] === 48 && p - first > 1;
    if (p === first || leadingZero || (c >= 48 && c <= 57) || c === 46 || c === 101 || c === 69) {
      value = this.#number(b, start);
      return Number.isSafeInteger(value) ? value + 0 : this.fail(start);
    }
    this.at = p;
    return negative && value !== 0 ? -value : value;
  }

  /**
   * A finite number. Up to 15 digits without an exponent are computed: digits and power of ten are then exact doubles,
   * and one division rounds correctly (Clinger's fast path). All others go through Number().
   */
  double(b: Buffer, start: number): number {
    let p = start;
    const negative = b[p] === 45;
    if (negative) p++;
    const first = p;
    let c = b[p]!;
    let digits = 0;
    while (c >= 48 && c <= 57) {
      digits = digits * 10 + (c - 48);
      c = b[++p]!;
    }
    let count = p - first;
    if (count === 0 || (count > 1 && b[first] === 48)) this.fail(start);
    let fraction = 0;
    if (c === 46) {
      const point = p;
      c = b[++p]!;
      while (c >= 48 && c <= 57) {
        digits = digits * 10 + (c - 48);
        c = b[++p]!;
      }
      fraction = p - point - 1;
      if (fraction === 0) this.fail(p);
      count += fraction;
    }
    if (count > 15 || c === 101 || c === 69) return this.#number(b, start);
    this.at = p;
    const value = fraction === 0 ? digits : digits / powers[fraction]!;
    return negative ? -value : value;
  }

  #number(b: Buffer, start: number): number {
    const end = this.#numberEnd(b, start);
    const value = Number(b.latin1Slice(start, end));
    if (!Number.isFinite(value)) this.fail(start);
    this.at = end;
    return value;
  }

  /** The JSON grammar of numbers: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` */
  #numberEnd(b: Buffer, start: number): number {
    let p = b[start] === 45 ? start + 1 : start;
    p = b[p] === 48 ? p + 1 : this.#digits(b, p);
    if (b[p] === 46) p = this.#digits(b, p + 1);
    if (b[p] === 101 || b[p] === 69) {
      p++;
      if (b[p] === 43 || b[p] === 45) p++;
      p = this.#digits(b, p);
    }
    return p;
  }

  #digits(b: Buffer, start: number): number {
    let p = start;
    while (b[p]! >= 48 && b[p]! <= 57) p++;
    return p === start ? this.fail(p) : p;
  }

  string(b: Buffer, start: number): string {
    if (b[start] !== quote) this.fail(start);
    const first = start + 1;
    const p = this.special(b, first);
    if (b[p] === quote) {
      this.at = p + 1;
      const length = p - first;
      return length <= shortTextLimit ? shortText(b, first, length) : b.latin1Slice(first, p);
    }
    return this.#unusualString(b, start, p);
  }

  /** Text with escapes or beyond ASCII; `p` is at the first such byte. */
  #unusualString(b: Buffer, start: number, p: number): string {
    const end = this.#stringEnd(b, p);
    const text = b.utf8Slice(start + 1, end - 1);
    if (text.includes('\ufffd') && !isUtf8(b.subarray(start + 1, end - 1))) this.fail(start);
    this.at = end;
    return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
  }

  /** Position of the first byte from `p` that is a quote, a backslash, a control character or not ASCII. */
  special(b: Buffer, p: number): number {
    const { view } = this;
    const last = this.lastWord;
    while (p <= last) {
      const word = view.getInt32(p, true);
      const quotes = word ^ 0x22222222;
      const slashes = word ^ 0x5c5c5c5c;
      // The lowest byte with its high bit set is the first special one; borrows only spoil bytes above it.
      const hit =
        (((quotes - 0x01010101) & ~quotes) | ((slashes - 0x01010101) & ~slashes) | (word - 0x20202020) | word) &
        0x80808080;
      if (hit !== 0) return p + ((31 - Math.clz32(hit & -hit)) >> 3);
      p += 4;
    }
    for (;;) {
      const c = b[p];
      if (c === undefined || c === quote || c === backslash || c < 32 || c > 127) return p;
      p++;
    }
  }

  /** Checks the rest of a string, `p` being inside it, and returns the position after its closing quote. */
  #stringEnd(b: Buffer, from: number): number {
    let p = from;
    for (;;) {
      const c = b[p];
      if (c === quote) return p + 1;
      if (c === undefined || c < 32) this.fail(p);
      if (c === backslash) {
        const escape = b[p + 1]!;
        if (simpleEscapes.has(escape)) p += 2;
        else if (escape === 117 && /^[0-9a-fA-F]{4}$/.test(b.latin1Slice(p + 2, p + 6))) p += 6;
        else this.fail(p);
      } else if (c > 127) p++;
      else p = this.special(b, p);
    }
  }

  /** Steps over a string, returns the position after it. */
  skipString(b: Buffer, start: number): number {
    if (b[start] !== quote) this.fail(start);
    const p = this.special(b, start + 1);
    if (b[p] === quote) return p + 1;
    const end = this.#stringEnd(b, p);
    if (!isUtf8(b.subarray(start + 1, end - 1))) this.fail(start);
    return end;
  }

  /** Steps over any value, as strictly as if it were declared, and returns the position after it. */
  skip(b: Buffer, p: number): number {
    switch (b[p]) {
      case quote:
        return this.skipString(b, p);
      case 123:
        return this.#skipObject(b, p);
      case 91:
        return this.#skipArray(b, p);
      case 116:
      case 102:
        this.boolean(b, p);
        return this.at;
      case 110:
        this.null(b, p);
        return this.at;
      default:
        return this.#numberEnd(b, p);
    }
  }

  #skipObject(b: Buffer, start: number): number {
    let p = this.space(b, start + 1);
    if (b[p] === 125) return p + 1;
    for (;;) {
      p = this.space(b, this.skipString(b, p));
      if (b[p] !== 58) this.fail(p);
      p = this.space(b, this.skip(b, this.space(b, p + 1)));
      if (b[p] === 125) return p + 1;
      if (b[p] !== 44) this.fail(p);
      p = this.space(b, p + 1);
    }
  }

  #skipArray(b: Buffer, start: number): number {
    let p = this.space(b, start + 1);
    if (b[p] === 93) return p + 1;
    for (;;) {
      p = this.space(b, this.skip(b, p));
      if (b[p] === 93) return p + 1;
      if (b[p] !== 44) this.fail(p);
      p = this.space(b, p + 1);
    }
  }
}
