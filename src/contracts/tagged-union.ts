/**
 * JSON objects that a text field tells apart, like `{"type":"bid",...}`. Every value carries its tag as a property. A
 * member of null is known but not wanted: its documents are checked to be JSON and decode to null.
 */
import type { ByteWriter } from '../core/byte-writer.ts';
import type { Codec } from '../core/codec.ts';
import { StreamError, preview } from '../core/stream-error.ts';
import { compile } from './compile.ts';
import type { Contract } from './contract.ts';
import { leadingTagSource } from './json-decoder-source.ts';
import { JsonWalk, compileJsonDecoder, refused } from './json-decoder.ts';
import type { JsonDecoder } from './json-decoder.ts';
import { compileJsonEncoder } from './json-encoder.ts';
import type { JsonEncoder } from './json-encoder.ts';
import { JsonScanner } from './json-scanner.ts';
import { parseSchema } from './parse-schema.ts';
import { referenceDecode } from './reference-decode.ts';
import type { RecordShape } from './shape.ts';

export type UnionMembers = Readonly<Record<string, Contract<unknown> | null>>;

/** The value type of a tagged union: `({ type: 'bid' } & Bid) | ... | null`. */
export type TaggedValue<Field extends string, Members extends UnionMembers> = {
  [Tag in keyof Members]: Members[Tag] extends Codec<infer T> ? Readonly<Record<Field, Tag>> & T : null;
}[keyof Members];

interface Member {
  readonly tag: string;
  readonly shape: RecordShape;
  readonly walk: JsonWalk;
  /** Undefined for members that are not wanted. */
  readonly encode: JsonEncoder | undefined;
}

/** Index of the member whose tag stands in the first key, or -1. */
type TagFinder = (bytes: Buffer, position: number, scanner: JsonScanner) => number;

export function taggedUnion<const Field extends string, const Members extends UnionMembers>(
  name: string,
  tagField: Field,
  members: Members,
): Codec<TaggedValue<Field, Members>> {
  return new TaggedUnion(name, tagField, members);
}

class TaggedUnion<Field extends string, Members extends UnionMembers> implements Codec<TaggedValue<Field, Members>> {
  readonly name: string;
  /** Grows with the version of any member. */
  readonly version: number;
  readonly #tagField: string;
  readonly #members: readonly Member[];
  readonly #byTag: ReadonlyMap<string, Member>;
  readonly #scanner = new JsonScanner();
  readonly #leadingTag: TagFinder;
  readonly #decodeTag: JsonDecoder;
  /** What the last document was: tried first. */
  #recent: Member | undefined;

  constructor(name: string, tagField: Field, members: Members) {
    this.name = name;
    this.#tagField = tagField;
    const entries = Object.entries(members);
    this.version = entries.reduce((sum, [, member]) => sum + (member?.version ?? 1) - 1, 1);
    // Parsing checks that the field has a usable name.
    const tagOnly = parseSchema({ type: 'record', name: 'Tag', fields: [{ name: tagField, type: 'string' }] });
    const unwanted: RecordShape = { ...tagOnly, fields: [] };
    this.#decodeTag = compileJsonDecoder(tagOnly, undefined, this.#scanner);
    this.#members = entries.map(([tag, member]) => {
      const shape = member === null ? unwanted : parseSchema(member.schema);
      const recordTag = { field: tagField, value: tag };
      return {
        tag,
        shape,
        walk: new JsonWalk(shape, recordTag, this.#scanner),
        encode: member === null ? undefined : compileJsonEncoder(shape, recordTag),
      };
    });
    this.#byTag = new Map(this.#members.map((member) => [member.tag, member]));
    this.#leadingTag = compile([], [], leadingTagSource(tagField, Object.keys(members))) as TagFinder;
  }

  decode(bytes: Buffer, start: number, end: number, version = this.version): TaggedValue<Field, Members> {
    if (version > this.version) {
      const reason = `${this.name} was written as version ${version}, this build knows up to ${this.version}`;
      throw new StreamError('STATE_CODEC_MISMATCH', reason, { remedy: 'Start the newer build.' });
    }
    const recent = this.#recent;
    if (recent !== undefined) {
      const value = recent.walk.decodeAlike(bytes, start, end);
      if (value !== refused) return (recent.encode === undefined ? null : value) as TaggedValue<Field, Members>;
    }
    const first = this.#members[this.#find(bytes, start)];
    if (first !== undefined) {
      this.#recent = first;
      const value = first.walk.decode(bytes, start, end);
      if (value !== refused) return (first.encode === undefined ? null : value) as TaggedValue<Field, Members>;
    }
    // The tag is elsewhere, or given twice, or the document is wrong.
    const member = this.#search(bytes, start, end);
    let value = member.walk.decode(bytes, start, end);
    if (value === refused) {
      const options = { byte: member.walk.stoppedAt - start, tag: { field: this.#tagField, value: member.tag } };
      value = referenceDecode(member.shape, bytes, start, end, options);
    }
    return (member.encode === undefined ? null : value) as TaggedValue<Field, Members>;
  }

  /** The usual case: the tag is the first key. */
  #find(bytes: Buffer, start: number): number {
    try {
      this.#scanner.load(bytes);
      return this.#leadingTag(bytes, start, this.#scanner);
    } catch {
      return -1; // the slab ends inside of the tag
    }
  }

  #search(bytes: Buffer, start: number, end: number): Member {
    const tag = (this.#decodeTag(bytes, start, end) as Readonly<Record<string, string>>)[this.#tagField]!;
    const member = this.#byTag.get(tag);
    if (member !== undefined) return member;
    const reason = `expected one of ${[...this.#byTag.keys()].join(', ')}, got ${preview(tag)}`;
    throw new StreamError('DECODE_FAILED', reason, { path: this.#tagField });
  }

  encode(value: TaggedValue<Field, Members>, out: ByteWriter): void {
    const tag = (value as Readonly<Record<string, unknown>> | null)?.[this.#tagField];
    const encode = typeof tag === 'string' ? this.#byTag.get(tag)?.encode : undefined;
    if (encode === undefined) {
      throw new StreamError('ENCODE_FAILED', `${preview(tag)} is not the tag of a member`, { path: this.#tagField });
    }
    encode(value, out);
  }
}
