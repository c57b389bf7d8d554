import { contract } from '../../src/index.ts';
import type { AvroSchema } from '../../src/index.ts';

const bidV1: AvroSchema = {
  type: 'record',
  name: 'Bid',
  fields: [
    { name: 'item', type: 'int' },
    { name: 'price', type: 'long' },
  ],
};

export interface Bid {
  readonly auction: number;
  readonly price: number;
  readonly channel: string;
}

/** Version 2: `item` was renamed and made wider, `channel` is new. Rows and records of version 1 are still read. */
export const Bid = contract<Bid>(
  {
    type: 'record',
    name: 'Bid',
    fields: [
      { name: 'auction', type: 'long', aliases: ['item'] },
      { name: 'price', type: 'long' },
      { name: 'channel', type: 'string', default: 'unknown' },
    ],
  },
  { version: 2, history: [bidV1] },
);
