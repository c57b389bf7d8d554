/** The cases of test/data/conformance, whose README says what they are. Those that do not run are in waiting.ts. */
import { describe, expect, it } from 'vitest';
import { arroyo } from './arroyo/queries.ts';
import { caseIndex, readCase, type WholeInputCase } from './case-files.ts';
import { assigners, endingAssigners } from './flink/assigners.ts';
import { asyncOperators } from './flink/async-operators.ts';
import { operators } from './flink/operators.ts';
import { runInputs, type AsyncCase } from './flink/run-inputs.ts';
import { runSteps as runFlinkSteps, type FlinkCase } from './flink/run-steps.ts';
import { runToEnd, type EndCase } from './flink/run-to-end.ts';
import { runSteps, type KafkaStreamsCase } from './kafka-streams/run-steps.ts';
import { kafkaStreams } from './kafka-streams/topologies.ts';
import { layouts, singlePartition } from './layouts.ts';
import { nexmark } from './nexmark/queries.ts';
import { canonical, expectSameRows } from './same-rows.ts';
import { fits, waiting } from './waiting.ts';
import { runWholeInput } from './whole-input.ts';

const title = '$partitions partitions, $workers workers, exchange $exchange, crash $crash';
const queries = { ...nexmark, ...arroyo };

describe('the index', () => {
  const index = caseIndex();
  const running = new Set(
    [queries, kafkaStreams, operators, assigners, endingAssigners, asyncOperators].flatMap(Object.keys),
  );

  it('has every case that runs', () => {
    const known = new Set(index.map(({ id }) => id));
    expect([...running].filter((id) => !known.has(id))).toEqual([]);
  });

  it('has no case that neither runs nor waits for something', () => {
    const forgotten = index.filter((entry) => !running.has(entry.id) && !waiting.some((wait) => fits(entry, wait)));
    expect(forgotten.map(({ id, feature }) => `${id}: ${feature}`)).toEqual([]);
  });

  it('has no case that runs and waits', () => {
    const both = index.filter((entry) => running.has(entry.id) && waiting.some((wait) => fits(entry, wait)));
    expect(both.map(({ id }) => id)).toEqual([]);
  });

  it.each(waiting)('has a case that waits for $waitsFor: $because', (wait) => {
    const first = index.filter((entry) => waiting.find((other) => fits(entry, other)) === wait);
    expect(first.length).toBeGreaterThan(0);
  });

  it('has so many cases that run and that wait', () => {
    const waitingFor = (what: string) =>
      index.filter((entry) => waiting.find((wait) => fits(entry, wait))?.waitsFor === what).length;
    expect({
      all: index.length,
      running: running.size,
      windows: waitingFor('windows'),
      intervalJoins: waitingFor('interval joins'),
      never: waitingFor('nothing'),
    }).toEqual({ all: 206, running: 76, windows: 75, intervalJoins: 13, never: 42 });
  });
});

describe.each(Object.entries(queries))('%s', (id, query) => {
  const wanted = readCase<WholeInputCase>(id);
  const { ordered, rows } = wanted.expected;

  it.each(ordered ? singlePartition : layouts.filter(({ crash }) => crash))(title, async (layout) => {
    const actual = await runWholeInput(query, wanted, layout);
    if (ordered) expect(actual.map(canonical)).toEqual(rows.map(canonical));
    else expectSameRows(actual, rows);
  });
});

describe.each(Object.entries(kafkaStreams))('%s', (id, topology) => {
  it.each(layouts)(title, async (layout) => {
    await runSteps(topology, readCase<KafkaStreamsCase>(id), layout);
  });
});

describe.each(Object.entries(operators))('%s', (id, operator) => {
  // A broadcast element reaches every task, and each of them would emit.
  const several = !id.includes('Broadcast');

  it.each(several ? layouts : singlePartition)(title, async (layout) => {
    await runFlinkSteps(operator, readCase<FlinkCase>(id), layout);
  });
});

// The time of a source is the minimum over its partitions, so all elements of a case are in one.
describe.each(Object.entries(assigners))('%s', (id, { operator, inSequence }) => {
  it.each(singlePartition)(title, async (layout) => {
    await runFlinkSteps(operator, readCase<FlinkCase>(id), layout, { inSequence });
  });
});

describe.each(Object.entries(endingAssigners))('%s', (id, operator) => {
  const [{ out }] = readCase<EndCase>(id).steps;

  it.each(['direct', 'log'] as const)('%s exchange', async (exchange) => {
    expect(await runToEnd(operator, exchange)).toEqual(out);
  });
});

// Results of different partitions have no order among them.
describe.each(Object.entries(asyncOperators))('%s', (id, operator) => {
  it.each(singlePartition)(title, async (layout) => {
    await runInputs(operator, readCase<AsyncCase>(id), layout);
  });
});
