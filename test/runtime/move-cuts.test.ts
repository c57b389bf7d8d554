import { describe, expect, test } from 'vitest';
import { defineTopology, json, number, topic, valueState } from '../../src/index.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import type { Cut, InputCut } from '../../src/runtime/cut-row.ts';
import { movedCuts } from '../../src/runtime/move-cuts.ts';

const inputs = topic('in', json<string>('text'));
const plan = makePlan(
  defineTopology({
    name: 'job',
    build(t) {
      t.source('read', inputs)
        .keyBy((text) => text)
        .process('count', {
          output: json<string>('text'),
          state: { n: valueState(number) },
          onElement(text, ctx) {
            ctx.emit(text);
          },
        })
        .sinkTo('out', topic('out', json<string>('text')));
    },
  }).build(),
);
const exchange = plan.exchanges[0]!;
const [first, second] = [exchange.from, exchange.to];

function input(name: string, partition: number, times: number[], idle: number[] = []): InputCut {
  const reached = Math.max(...times);
  return { topic: name, partition, position: 7, topicId: 'old', broadcast: false, times, idle, reached };
}

function cut(...all: InputCut[]): Cut {
  return { epoch: 3, fingerprint: 'old', inputs: all };
}

function moved(writers: number, readers: number, then: readonly Cut[], writersThen = 2) {
  const read = new Map([[0, cut(input('in', 0, [500]))]]);
  const found = movedCuts({
    plan,
    layout: {
      tasks: new Map([
        [first, writers],
        [second, readers],
      ]),
      exchanges: new Map([[exchange.node, readers]]),
      sources: new Map(),
    },
    exchange: 'log',
    cuts: new Map([
      [first, read],
      [second, new Map(then.map((one, i) => [i, one]))],
    ]),
    tasksThen: { [first]: writersThen, [second]: then.length },
    placeOf: (name, partition) => {
      if (name === 'in') return partition < 2 ? { position: 40 + partition, topicId: 'new' } : undefined;
      return name === exchange.topic ? { position: partition, topicId: 'new' } : undefined;
    },
    topicIdOf: () => 'new',
  });
  const of = (sub: string) => found.filter(({ subTopology }) => subTopology === sub).map((one) => one.cut);
  return { sources: of(first), stage: of(second) };
}

describe('cuts of a savepoint on another log', () => {
  test('get its positions, its topics and the graph of this build', () => {
    const { sources, stage } = moved(2, 1, [cut(input(exchange.topic, 0, [100, 90], [1]))]);
    expect(sources[0]).toEqual({
      epoch: 3,
      fingerprint: plan.fingerprint,
      inputs: [{ ...input('in', 0, [500]), position: 40, topicId: 'new' }],
    });
    expect(sources[1]!.inputs[0]).toMatchObject({ position: 41, times: [-Infinity], reached: -Infinity });
    expect(stage).toHaveLength(1);
    expect(stage[0]!.inputs).toEqual([{ ...input(exchange.topic, 0, [100, 90], [1]), position: 0, topicId: 'new' }]);
  });

  test('with more readers each is where the last of the old ones was', () => {
    const then = [cut(input(exchange.topic, 0, [100, 90], [1])), cut(input(exchange.topic, 1, [80, 95], [0, 1]))];
    const { stage } = moved(2, 3, then);
    expect(stage.map(({ inputs: [one] }) => one)).toEqual(
      [0, 1, 2].map((partition) => ({
        ...input(exchange.topic, partition, [80, 90], [1]),
        position: partition,
        topicId: 'new',
        reached: 95,
      })),
    );
  });

  test('with other writers all count as being where the last of the old ones was; the idle do not count', () => {
    const then = [cut(input(exchange.topic, 0, [100, 90, 20], [2]))];
    expect(moved(2, 1, then, 3).stage[0]!.inputs[0]).toMatchObject({ times: [90, 90], idle: [], reached: 100 });
    const idle = [cut(input(exchange.topic, 0, [100, 90, 20], [0, 1, 2]))];
    expect(moved(4, 1, idle, 3).stage[0]!.inputs[0]).toMatchObject({ times: [20, 20, 20, 20], idle: [0, 1, 2, 3] });
  });

  test('a task that nobody has committed yet knows no time', () => {
    expect(moved(2, 2, [cut(), cut()]).stage[1]!.inputs[0]).toMatchObject({
      times: [-Infinity, -Infinity],
      reached: -Infinity,
    });
  });
});
