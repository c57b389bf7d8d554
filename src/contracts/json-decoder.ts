/**
 * Compiles a contract into a function that walks a JSON document once and builds one object literal with all declared
 * fields in schema order, so that all values of a contract share one hidden class. See json-decoder-source.ts for the
 * generated code.
 *
 * Machines write all their documents alike. So the walk looks at one now and then, and from then on documents with the
 * same keys in the same places are read by code without loops over keys (json-straight-source.ts), 1.5 to 2 times faster.
 *
 * Whatever the walk does not take (broken documents, but also rare forms that are right: aliases, a duplicate key whose
 * first value is wrong) goes to `referenceDecode`, which returns the value or throws with the path.
 */
import { compile } from './compile.ts';
import { decoderSource } from './json-decoder-source.ts';
import { layoutOf } from './json-layout.ts';
import { JsonScanner } from './json-scanner.ts';
import { straightSource } from './json-straight-source.ts';
import { referenceDecode } from './reference-decode.ts';
import type { RecordTag } from './record-tag.ts';
import type { RecordShape } from './shape.ts';
import { shortText } from './short-text.ts';

export type JsonDecoder = (bytes: Buffer, start: number, end: number) => unknown;

export function compileJsonDecoder(shape: RecordShape, tag?: RecordTag, scanner = new JsonScanner()): JsonDecoder {
  const walk = new JsonWalk(shape, tag, scanner);
  return (bytes, start, end) => {
    const value = walk.decode(bytes, start, end);
    return value === refused ? referenceDecode(shape, bytes, start, end, { byte: walk.stoppedAt - start, tag }) : value;
  };
}

type RecordReader = (bytes: Buffer, position: number, scanner: JsonScanner) => unknown;

/** What a walk returns instead of a value when it gives up. */
export const refused: unique symbol = Symbol('refused');

/** Accepted documents, out of step with the layout, before the first layout is learned; 16 times as many each time after. */
const firstPatience = 16;
const mostPatience = 65_536;

/** The compiled walk, without the reference behind it. Documents that look like an earlier one take a straight line. */
export class JsonWalk {
  readonly #scanner: JsonScanner;
  readonly #shape: RecordShape;
  readonly #tag: RecordTag | undefined;
  readonly #root: RecordReader;
  #straight: RecordReader | undefined;
  #walked = 0;
  #patience = firstPatience;

  constructor(shape: RecordShape, tag: RecordTag | undefined, scanner: JsonScanner) {
    this.#scanner = scanner;
    this.#shape = shape;
    this.#tag = tag;
    this.#root = compile([], [], decoderSource(shape, tag)) as RecordReader;
  }

  /** Position of the byte at which the last refused walk stopped. */
  get stoppedAt(): number {
    return this.#scanner.at;
  }

  decode(bytes: Buffer, start: number, end: number): unknown {
    const value = this.decodeAlike(bytes, start, end);
    return value === refused ? this.walk(bytes, start, end) : value;
  }

  /** A document that looks like those learned from; `refused` for all others, at once where they begin differently. */
  decodeAlike(bytes: Buffer, start: number, end: number): unknown {
    return this.#straight === undefined ? refused : this.#read(this.#straight, bytes, start, end);
  }

  /** A document that looks in any way. */
  walk(bytes: Buffer, start: number, end: number): unknown {
    const value = this.#read(this.#root, bytes, start, end);
    if (value !== refused && ++this.#walked >= this.#patience) this.#learn(bytes, start, end);
    return value;
  }

  #read(reader: RecordReader, bytes: Buffer, start: number, end: number): unknown {
    const scanner = this.#scanner;
    try {
      scanner.load(bytes);
      const value = reader(bytes, scanner.space(bytes, start), scanner);
      if (scanner.at < end) scanner.at = Math.min(scanner.space(bytes, scanner.at), end);
      return scanner.at === end ? value : refused;
    } catch {
      return refused; // the scanner's signal, a read past the slab, or nesting deeper than the stack
    }
  }

  #learn(bytes: Buffer, start: number, end: number): void {
    this.#walked = 0;
    this.#patience = this.#patience >= mostPatience ? Infinity : this.#patience * 16;
    const layout = layoutOf(bytes, start, end, this.#scanner);
    const source = layout === undefined ? undefined : straightSource(this.#shape, this.#tag, layout);
    if (source === undefined) return;
    this.#straight = compile(['refused', 'shortText'], [refused, shortText], source) as RecordReader;
  }
}
