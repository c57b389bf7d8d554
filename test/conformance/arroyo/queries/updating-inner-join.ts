/** A stream joined with the odd half of itself, without a time limit. */
import { defineTopology, json, listState, number } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { impulsesOf } from '../impulses.ts';

const pair = (left: number, right: number): object => ({ left_count: left, right_count: right });

export const updatingInnerJoin = defineTopology({
  name: 'updating-inner-join',
  build(t) {
    const impulses = impulsesOf(t);
    const odd = impulses.filter(({ counter }) => counter % 2 === 1);
    impulses
      .keyBy(({ counter }) => counter)
      .connect(odd.keyBy(({ counter }) => counter))
      .process('pairs', {
        state: { left: listState(number), right: listState(number) },
        output: json<object>('row'),
        onFirst({ counter }, ctx) {
          ctx.state.left.add(counter);
          for (const right of ctx.state.right.get()) ctx.emit(pair(counter, right));
        },
        onSecond({ counter }, ctx) {
          ctx.state.right.add(counter);
          for (const left of ctx.state.left.get()) ctx.emit(pair(left, counter));
        },
      })
      .sinkTo('rows', rows);
  },
});
