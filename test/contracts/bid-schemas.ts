import type { AvroSchema } from '../../src/contracts/avro-schema.ts';

export interface Bid {
  readonly auction: number;
  readonly price?: number | undefined;
}

/** A contract and its compatible successor. */
export const bidV1: AvroSchema = { type: 'record', name: 'Bid', fields: [{ name: 'auction', type: 'int' }] };
export const bidV2: AvroSchema = {
  type: 'record',
  name: 'Bid',
  fields: [
    { name: 'auction', type: 'long' },
    { name: 'price', type: ['null', 'long'], default: null },
  ],
};
