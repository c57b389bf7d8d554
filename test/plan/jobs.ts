/** Topologies that the tests of the plan share. */
import { json, number, string } from '../../src/core/codec.ts';
import { mapState, valueState } from '../../src/core/state-spec.ts';
import { topic } from '../../src/core/topic.ts';
import { count } from '../../src/dsl/aggregators.ts';
import { defineTopology, type TopologyBuilder } from '../../src/dsl/define-topology.ts';
import type { Graph } from '../../src/graph/nodes.ts';

export interface Line {
  readonly id: number;
  readonly text: string;
}

export const lines = topic('lines', json<Line>('Line'));
export const words = topic('words', string);

export function build(make: (t: TopologyBuilder) => void, name = 'job'): Graph {
  return defineTopology({
    name,
    build: (t) => {
      make(t);
    },
  }).build();
}

/** Words of lines, counted: one exchange. */
export function wordCount(t: TopologyBuilder): void {
  t.source('lines', lines)
    .flatMap((line) => line.text.split(' '), { codec: string })
    .keyBy((word) => word)
    .aggregate('count', count())
    .sinkTo('counts', topic('counts', number));
}

/** Two keyed inputs, rules for everyone, an asynchronous call and a side output. */
export function alerts(t: TopologyBuilder): void {
  const rules = t
    .source('rules', topic('rules', string, { compacted: true }))
    .filter((rule) => rule !== '')
    .broadcast({ rules: mapState(string, string) });
  const byText = t.source('lines', lines).keyBy((line) => line.text, { partitions: 6 });
  const joined = byText.connect(t.source('words', words).keyBy((word) => word)).process('join', {
    output: string,
    state: { line: valueState(lines.codec), seen: mapState(string, number, { ttl: '5m' }) },
    sideOutputs: { unknown: string },
    onFirst(line, ctx) {
      ctx.state.line.set(line);
    },
    onSecond(word, ctx) {
      ctx.output('unknown', word);
    },
  });
  joined.sideOutput('unknown').sinkTo('unknown', topic('unknown', string));
  joined
    .asyncMap('translate', async (word) => Promise.resolve(word), { output: string, attemptTimeout: '5s' })
    .connect(rules)
    .process('check', {
      output: string,
      onElement(word, ctx) {
        if (ctx.broadcast.rules.has(word)) ctx.emit(word);
      },
      onBroadcast(rule, ctx) {
        ctx.broadcast.rules.set(rule, rule);
      },
    })
    .sinkTo('alerts', topic('alerts', string));
}
