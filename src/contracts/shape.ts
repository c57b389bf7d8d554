/**
 * A schema after all names are resolved and all rules checked: what decoders, encoders, the type generator and the
 * compatibility check work on. A record may contain itself, so a shape can be cyclic; walk it by record name.
 *
 * Supported: boolean, int, long, float, double, string, enum, array, map, record, and unions of null with one type.
 * A logical type is read as the type below it.
 */
export type Shape = ScalarShape | EnumShape | ArrayShape | MapShape | RecordShape | NullableShape;

export type ScalarKind = 'boolean' | 'int' | 'long' | 'float' | 'double' | 'string';

export interface ScalarShape {
  readonly kind: ScalarKind;
}

export interface EnumShape {
  readonly kind: 'enum';
  readonly name: string;
  readonly doc: string | undefined;
  readonly aliases: readonly string[];
  readonly symbols: readonly string[];
  /** What an unknown symbol is read as; undefined: it is an error. */
  readonly fallback: string | undefined;
}

export interface ArrayShape {
  readonly kind: 'array';
  readonly items: Shape;
  /** Exact number of items of a tuple. */
  readonly length: number | undefined;
}

export interface MapShape {
  readonly kind: 'map';
  readonly values: Shape;
}

export interface NullableShape {
  readonly kind: 'nullable';
  readonly of: Exclude<Shape, NullableShape>;
  /** Whether null comes first in the union, which decides the branch numbers of the Avro encoding. */
  readonly nullFirst: boolean;
}

export interface RecordShape {
  readonly kind: 'record';
  /** With namespace. */
  readonly name: string;
  readonly doc: string | undefined;
  readonly aliases: readonly string[];
  readonly fields: readonly FieldShape[];
}

export interface FieldShape {
  readonly name: string;
  readonly shape: Shape;
  readonly doc: string | undefined;
  readonly aliases: readonly string[];
  /** A union with null whose default is null: absent, `undefined` and null are all read as `undefined`. */
  readonly optional: boolean;
  /** The default, if the field is not optional and has one. */
  readonly fallback: { readonly value: unknown } | undefined;
}

/** `com.acme.Order` is `Order` for people. */
export function shortName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}
