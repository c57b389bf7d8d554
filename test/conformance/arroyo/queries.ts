import type { WholeInputQuery } from '../whole-input.ts';
import { orderId } from './orders.ts';
import { activeDrivers } from './queries/active-drivers.ts';
import { aggregates } from './queries/aggregates.ts';
import { asyncUdf } from './queries/async-udf.ts';
import { debeziumAgg } from './queries/debezium-agg.ts';
import { debeziumLatest } from './queries/debezium-latest.ts';
import { filterUpdatingAggregates } from './queries/filter-updating-aggregates.ts';
import { testMergeSink } from './queries/test-merge-sink.ts';
import { union } from './queries/union.ts';
import { updatingInnerJoin } from './queries/updating-inner-join.ts';

/** By the id of the case. */
export const arroyo: Readonly<Record<string, WholeInputQuery>> = {
  'arroyo/active_drivers': { topology: activeDrivers },
  'arroyo/aggregates': { topology: aggregates(() => ({})) },
  'arroyo/grouped_aggregates': { topology: aggregates(({ counter }) => ({ counter_mod: counter % 5 })) },
  'arroyo/filter_updating_aggregates': { topology: filterUpdatingAggregates },
  'arroyo/async_udf': { topology: asyncUdf },
  'arroyo/debezium_agg': { topology: debeziumAgg, orderedBy: orderId },
  'arroyo/debezium_latest': { topology: debeziumLatest, orderedBy: orderId },
  'arroyo/test_merge_sink': { topology: testMergeSink },
  'arroyo/union': { topology: union },
  'arroyo/updating_inner_join': { topology: updatingInnerJoin },
};
