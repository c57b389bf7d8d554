/** How many different subtasks there are, once there is one. */
import { boolean, defineTopology, mapState, number } from '../../../../src/index.ts';
import { table } from '../../result-topics.ts';
import { impulsesOf } from '../impulses.ts';

export const filterUpdatingAggregates = defineTopology({
  name: 'filter-updating-aggregates',
  build(t) {
    impulsesOf(t)
      .keyBy(() => 'all')
      .process('subtasks', {
        state: { seen: mapState(number, boolean) },
        output: number,
        onElement({ subtask_index }, ctx) {
          ctx.state.seen.set(subtask_index, true);
          ctx.emit(ctx.state.seen.size);
        },
      })
      .filter((subtasks) => subtasks >= 1)
      .map((subtasks) => ({ key: 'all', row: { subtasks } }))
      .sinkTo('table', table);
  },
});
