/** Feeds a case record by record and compares what each makes the topology emit. Sources are named as their topics. */
import type { Topology } from '../../../src/index.ts';
import { TopologyDriver } from '../../../src/testing/index.ts';
import type { StepCase } from '../case-files.ts';
import { expectSameRows } from '../same-rows.ts';
import type { Layout } from '../layouts.ts';

interface Step {
  readonly in: { readonly topic: string; readonly key: unknown; readonly value: unknown; readonly ts: number };
  readonly out: readonly Result[];
}

interface Result {
  readonly key: unknown;
  readonly value: unknown;
  readonly ts: number;
}

export interface KafkaStreamsCase extends StepCase<Step> {
  readonly compare: { readonly fields: readonly (keyof Result)[] };
}

export async function runSteps(
  topology: Topology<Readonly<Record<string, never>>>,
  { steps, compare }: KafkaStreamsCase,
  layout: Layout,
): Promise<void> {
  await using driver = await TopologyDriver.open(topology, layout);
  const compared = (result: Result) => Object.fromEntries(compare.fields.map((field) => [field, result[field]]));
  let seen = 0;
  for (const [i, { in: record, out }] of steps.entries()) {
    if (layout.crash && i === steps.length >> 1) await driver.restart({ crash: true });
    const { topic, key, value, ts } = record;
    await driver.input(topic).send({ key, value }, { at: ts, partition: i % layout.partitions });
    const results = driver.output<{ key: unknown; value: unknown }>('output').records().slice(seen);
    seen += results.length;
    expectSameRows(
      results.map(({ value, timestamp }) => compared({ ...value, ts: timestamp })),
      out.map(compared),
    );
  }
}
