/** Trace headers of records on a broker, as Kafka's own consumer sees them behind a job. */
import { expect, onTestFinished, test } from 'vitest';
import { produce } from '../../../src/connectors/produce.ts';
import { BatchWriter } from '../../../src/core/batch-writer.ts';
import { defineTopology, kafka, memory, number, run, string, topic, valueState } from '../../../src/index.ts';
import { readCommitted } from '../support/console-consumer.ts';
import { until } from '../support/cli-process.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { readSettled } from '../support/read-settled.ts';
import { describeOnKafka } from '../support/on-kafka.ts';

describeOnKafka('trace headers', {}, (cluster) => {
  test.each(['exactly-once', 'at-least-once'] as const)(
    '%s: through an exchange, state and calls to the outputs and the dead letters',
    async (guarantee) => {
      const { bootstrap } = cluster();
      const log = await openLog(bootstrap);
      const [words, counted, job] = [fresh('words'), fresh('counted'), fresh('counting')];
      await log.topics.create([words, counted].map((name) => ({ name, partitions: 2 })));
      const topology = defineTopology({
        name: job,
        build(t) {
          t.source('words', topic(words, string))
            .keyBy((word) => word)
            .process('count', {
              state: { count: valueState(number) },
              output: string,
              onElement(word, ctx) {
                const count = (ctx.state.count.get() ?? 0) + 1;
                ctx.state.count.set(count);
                ctx.emit(`${word} ${String(count)}`);
              },
            })
            .asyncMap(
              'shout',
              (text) => (text.startsWith('bad') ? Promise.reject(new TypeError(text)) : Promise.resolve(`${text}!`)),
              { output: string, onError: 'deadLetter' },
            )
            .sinkTo('counted', topic(counted, string));
        },
      });
      const running = await run(topology, {
        log: kafka({ brokers: bootstrap, guarantee }),
        state: memory(),
        exchange: 'log',
      });
      onTestFinished(() => running.close());

      const now = Date.now(); // retention goes by it
      const writer = new BatchWriter(words, 0);
      const traced = (id: string) => [
        { key: 'traceparent', value: Buffer.from(`00-${id}-1-01`) },
        { key: 'other', value: Buffer.from('is not carried on') },
      ];
      writer.append(null, string, 'a', now, traced('one'));
      writer.append(null, string, 'b', now);
      writer.append(null, string, 'a', now, traced('two'));
      writer.append(null, string, 'bad', now, traced('three'));
      await produce(log, fresh('producer'), [writer.seal()!]);
      const lettersOf = () => readSettled(log, `${job}-dlq`, string);
      await until(async () => running.status.recordsOut >= 3 && (await lettersOf()).flat().length === 1);
      await running.drain();

      const out = await readCommitted(bootstrap, counted, { maxRecords: 3 });
      expect(out.map(({ value, headers }) => `${value!} ${headers}`.trim()).toSorted()).toEqual([
        'a 1! traceparent:00-one-1-01',
        'a 2! traceparent:00-two-1-01',
        'b 1!',
      ]);
      const [letter] = await readCommitted(bootstrap, `${job}-dlq`, { maxRecords: 1 });
      expect(letter?.headers).toBe('traceparent:00-three-1-01');
    },
  );
});
