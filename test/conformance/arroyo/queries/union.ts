/** Two copies of one stream, united. */
import { defineTopology } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { impulsesOf } from '../impulses.ts';

export const union = defineTopology({
  name: 'union',
  build(t) {
    const impulses = impulsesOf(t);
    const [first, second] = ['first', 'second'].map((source) => impulses.map(({ counter }) => ({ counter, source })));
    first!.union(second!).sinkTo('rows', rows);
  },
});
