/**
 * Compiles a contract into a function that walks a JSON document once and builds one object literal with all declared
 * fields in schema order, so that all values of a contract share one hidden class. See json-decoder-source.ts for the
 * generated code.
 *
 * Whatever the walk does not take (broken documents, but also rare forms that are right: aliases, a duplicate key whose
 * first value is wrong) goes to `referenceDecode`, which returns the value or throws with the path.
 */
import { compile } from './compile.ts';
import { decoderSource } from './json-decoder-source.ts';
import { JsonScanner } from './json-scanner.ts';
import { referenceDecode } from './reference-decode.ts';
import type { RecordTag } from './record-tag.ts';
import type { RecordShape } from './shape.ts';

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

/** The compiled walk, without the reference behind it. */
export class JsonWalk {
  readonly #scanner: JsonScanner;
  readonly #root: RecordReader;

  constructor(shape: RecordShape, tag: RecordTag | undefined, scanner: JsonScanner) {
    this.#scanner = scanner;
    this.#root = compile([], [], decoderSource(shape, tag)) as RecordReader;
  }

  /** Position of the byte at which the last refused walk stopped. */
  get stoppedAt(): number {
    return this.#scanner.at;
  }

  decode(bytes: Buffer, start: number, end: number): unknown {
    const scanner = this.#scanner;
    try {
      scanner.load(bytes);
      const value = this.#root(bytes, scanner.space(bytes, start), scanner);
      if (scanner.at < end) scanner.at = Math.min(scanner.space(bytes, scanner.at), end);
      return scanner.at === end ? value : refused;
    } catch {
      return refused; // the scanner's signal, a read past the slab, or nesting deeper than the stack
    }
  }
}
