import { expect, test } from 'vitest';
import { describe as describePlan } from '../../src/plan/describe.ts';
import { describeMermaid } from '../../src/plan/describe-mermaid.ts';
import { describeSvg } from '../../src/plan/describe-svg.ts';
import { describeText } from '../../src/plan/describe-text.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { alerts, build, wordCount } from './jobs.ts';

const wordCounts = describePlan(makePlan(build(wordCount)));
const withRules = describePlan(makePlan(build(alerts)));

test('a description is plain JSON, the same for the same job', () => {
  expect(JSON.parse(JSON.stringify(withRules))).toEqual(withRules);
  expect(JSON.stringify(describePlan(makePlan(build(alerts))))).toBe(JSON.stringify(withRules));
});

test('names sub-topologies, nodes, stores, exchanges and topics with their codecs', () => {
  expect(wordCounts).toEqual({
    job: 'job',
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    topics: [
      { name: 'counts', use: 'output', codec: 'number v1' },
      { name: 'job-count-repartition', use: 'exchange', codec: 'string v1' },
      { name: 'job-dlq', use: 'deadLetters' },
      { name: 'lines', use: 'input', codec: 'Line v1' },
    ],
    subTopologies: [
      {
        id: 'lines',
        stateful: false,
        nodes: [
          {
            id: 'lines',
            kind: 'source',
            label: 'source',
            inputs: [],
            topic: 'lines',
            codec: 'Line v1',
            state: [],
            sideOutputs: {},
            onError: 'deadLetter',
          },
          {
            id: 'lines/flatMap-1',
            kind: 'flatMap',
            label: 'flatMap',
            inputs: ['lines'],
            codec: 'string v1',
            state: [],
            sideOutputs: {},
            onError: 'fail',
          },
          {
            id: 'count-repartition',
            kind: 'repartition',
            label: 'repartition',
            inputs: ['lines/flatMap-1'],
            codec: 'string v1',
            state: [],
            sideOutputs: {},
            onError: 'fail',
          },
        ],
      },
      {
        id: 'count',
        stateful: true,
        nodes: [
          {
            id: 'count',
            kind: 'keyedProcess',
            label: 'aggregate',
            inputs: ['count-repartition'],
            codec: 'number v1',
            state: [{ name: 'accumulator', kind: 'value', codec: 'number', version: 1 }],
            sideOutputs: {},
            onError: 'fail',
          },
          {
            id: 'counts',
            kind: 'sink',
            label: 'sink',
            inputs: ['count'],
            topic: 'counts',
            state: [],
            sideOutputs: {},
            onError: 'fail',
          },
        ],
      },
    ],
    exchanges: [
      { id: 'count-repartition', topic: 'job-count-repartition', from: 'lines', to: 'count', codec: 'string v1' },
    ],
  });
});

test('the text is a tree; a node with two inputs stands under the first', () => {
  expect(describeText(withRules)).toBe(`job  (state fingerprint ${withRules.fingerprint.slice(0, 12)})

sub-topology lines
  source lines  [from topic lines; Line v1; on error deadLetter]
  └─ exchange job-join-lines-repartition => join

sub-topology words
  source words  [from topic words; string v1; on error deadLetter]
  └─ exchange job-join-words-repartition => join

sub-topology join, stateful
  exchange job-join-lines-repartition
  └─ process join  [string v1; state line (value), seen (map); side outputs unknown]
     ├─ sideOutput join/unknown-1  [string v1]
     │  └─ sink unknown  [to topic unknown]
     └─ asyncMap translate  [string v1; state calls (inFlight)]
        └─ process check  [string v1; state rules (broadcast)]
           └─ sink alerts  [to topic alerts]
  exchange job-join-words-repartition
  └─ join (above)
  source rules  [from topic rules; string v1; on error deadLetter]
  └─ filter rules/filter-1  [string v1]
     └─ check (above)

topics
  alerts                      output, string v1
  job-dlq                     deadLetters
  job-join-lines-repartition  exchange, Line v1, 6 partitions
  job-join-words-repartition  exchange, string v1
  lines                       input, Line v1
  rules                       broadcast, string v1, compacted
  unknown                     output, string v1
  words                       input, string v1
`);
});

test('Mermaid has a subgraph per sub-topology and the topics between them', () => {
  expect(describeMermaid(wordCounts)).toBe(`flowchart LR
  n0[("counts<br/>number v1")]
  n1[("job-count-repartition<br/>exchange<br/>string v1")]
  n2[("lines<br/>Line v1")]
  subgraph s0 ["lines"]
    n3["lines<br/>source"]
    n4["lines/flatMap-1<br/>flatMap"]
  end
  subgraph s1 ["count"]
    n5[["count<br/>aggregate<br/>accumulator: value"]]
    n6["counts<br/>sink"]
  end
  n2 --> n3
  n3 --> n4
  n4 --> n1
  n1 --> n5
  n5 --> n6
  n6 --> n0
`);
});

test('the picture shows every box inside its bounds, and no two boxes overlap', () => {
  const svg = describeSvg(withRules);
  const [, width, height] = /width="([\d.]+)" height="([\d.]+)" viewBox/.exec(svg)!.map(Number);
  const pattern = /<rect class="(?:step|stateful|topic)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g;
  const boxes = [...svg.matchAll(pattern)].map((match) => {
    const [x, y, w, h] = match.slice(1).map(Number) as [number, number, number, number];
    return { left: x, top: y, right: x + w, bottom: y + h };
  });
  // 7 topics, and all nodes but the two exchanges, which are topics.
  const nodes = withRules.subTopologies.flatMap((sub) => sub.nodes).length - withRules.exchanges.length;
  expect(boxes).toHaveLength(7 + nodes);
  for (const [index, box] of boxes.entries()) {
    expect(box.right).toBeLessThanOrEqual(width!);
    expect(box.bottom).toBeLessThanOrEqual(height!);
    for (const other of boxes.slice(index + 1)) {
      const apart =
        box.right <= other.left || other.right <= box.left || box.bottom <= other.top || other.bottom <= box.top;
      expect(apart).toBe(true);
    }
  }
});

test('names with markup characters are escaped', () => {
  const [sub] = wordCounts.subTopologies;
  const node = { ...sub!.nodes[0]!, id: '<b>&"' };
  const odd = { ...wordCounts, subTopologies: [{ ...sub!, nodes: [node] }], exchanges: [] };
  expect(describeSvg(odd)).toContain('&#60;b&#62;&#38;&#34;');
  expect(describeSvg(odd)).not.toContain('<b>');
  expect(describeMermaid(odd)).toContain('#60;b#62;#38;#34;');
});
