import { contract } from '../../src/index.ts';

export interface Bid {
  readonly auction: number;
  readonly price: number;
  readonly channel: string;
  readonly note?: string | undefined;
}

export const Bid = contract<Bid>({
  type: 'record',
  name: 'Bid',
  fields: [
    { name: 'auction', type: 'long' },
    { name: 'price', type: 'long' },
    { name: 'channel', type: 'string' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
});
