/** Avro schemas as JSON, as they stand in `schemas/*.avsc` and in a registry. Attributes not named here are ignored. */
export type AvroSchema = string | readonly AvroSchema[] | AvroComplex;

export interface AvroComplex {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly aliases?: readonly string[];
  /** Of a record. */
  readonly fields?: readonly AvroField[];
  /** Of an enum. */
  readonly symbols?: readonly string[];
  /** Of an enum: what an unknown symbol is read as. */
  readonly default?: unknown;
  /** Of an array. */
  readonly items?: AvroSchema;
  /** Of an array, ours: the exact number of items, which makes it a tuple in TypeScript. Avro ignores it. */
  readonly length?: number;
  /** Of a map. */
  readonly values?: AvroSchema;
  readonly logicalType?: string;
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly doc?: string;
  readonly aliases?: readonly string[];
  readonly default?: unknown;
}
