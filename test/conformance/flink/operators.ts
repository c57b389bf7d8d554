/** Process functions, keyed and not, with one input or two: timers, contexts and side outputs. */
import { mapState, number, string, type DataStream, type TopologyBuilder } from '../../../src/index.ts';
import { results, type Result } from './observe.ts';
import { port } from './stimuli.ts';

export type Operator = (t: TopologyBuilder) => DataStream<Result>;

/** How the functions of the cases print the timestamp of an element. */
const printed = (timestamp: number): string => (Number.isNaN(timestamp) ? 'null' : String(timestamp));

const eventTimeTimers: Operator = (t) =>
  results(
    port<number>(t)
      .keyBy((v) => v)
      .process('operator', {
        output: number,
        onElement(v, ctx) {
          ctx.emit(v);
          ctx.timers.registerEventTime(ctx.watermark + 5);
        },
        onTimer(_time, ctx) {
          ctx.emit(1777);
        },
      }),
  );

const processingTimeTimers: Operator = (t) =>
  results(
    port<number>(t)
      .keyBy((v) => v)
      .process('operator', {
        output: number,
        onElement(v, ctx) {
          ctx.emit(v);
          ctx.timers.registerProcessingTime(ctx.processingTime + 5);
        },
        onTimer(_time, ctx) {
          ctx.emit(1777);
        },
      }),
  );

const keyedContext: Operator = (t) =>
  results(
    port<number>(t)
      .keyBy((v) => v)
      .process('operator', {
        output: string,
        onElement(v, ctx) {
          ctx.emit(`${v}TIME:${ctx.processingTime} TS:${printed(ctx.timestamp)}`);
        },
      }),
  );

const context: Operator = (t) =>
  results(
    port<number>(t).process('operator', {
      output: string,
      onElement(v, ctx) {
        ctx.emit(`${v}TIME:${ctx.watermark} TS:${printed(ctx.timestamp)}`);
      },
    }),
  );

const sideOutput: Operator = (t) => {
  const operator = port<number>(t).process('operator', {
    output: string,
    sideOutputs: { 'int-out': number, 'long-out': number },
    onElement(v, ctx) {
      ctx.emit(`IN:${v}`);
      ctx.output('int-out', v);
      ctx.output('long-out', v);
    },
  });
  return results(operator).union(
    results(operator.sideOutput('int-out'), 'int-out'),
    results(operator.sideOutput('long-out'), 'long-out'),
  );
};

const connectedEventTimeTimers: Operator = (t) =>
  results(
    port<number>(t, 'port1')
      .keyBy(String)
      .connect(port<string>(t, 'port2').keyBy((v) => v))
      .process('operator', {
        output: string,
        onFirst(v, ctx) {
          ctx.emit(`INPUT1:${v}`);
          ctx.timers.registerEventTime(5);
        },
        onSecond(v, ctx) {
          ctx.emit(`INPUT2:${v}`);
          ctx.timers.registerEventTime(6);
        },
        onTimer(_time, ctx) {
          ctx.emit(`${ctx.key}:1777`);
        },
      }),
  );

const connectedProcessingTimeTimers: Operator = (t) =>
  results(
    port<number>(t, 'port1')
      .keyBy(String)
      .connect(port<string>(t, 'port2').keyBy((v) => v))
      .process('operator', {
        output: string,
        onFirst(v, ctx) {
          ctx.emit(`INPUT1:${v}`);
          ctx.timers.registerProcessingTime(5);
        },
        onSecond(v, ctx) {
          ctx.emit(`INPUT2:${v}`);
          ctx.timers.registerProcessingTime(6);
        },
        onTimer(_time, ctx) {
          ctx.emit('1777');
        },
      }),
  );

/** Two streams without a key have the same key. */
const connectedContext: Operator = (t) =>
  results(
    port<number>(t, 'port1')
      .keyBy(() => 'all')
      .connect(port<string>(t, 'port2').keyBy(() => 'all'))
      .process('operator', {
        output: string,
        onFirst(v, ctx) {
          ctx.emit(`${v}WM:${ctx.watermark} TS:${printed(ctx.timestamp)}`);
        },
        onSecond(v, ctx) {
          ctx.emit(`${v}WM:${ctx.watermark} TS:${printed(ctx.timestamp)}`);
        },
      }),
  );

const keyedConnectedContext: Operator = (t) =>
  results(
    port<number>(t, 'port1')
      .keyBy(String)
      .connect(port<string>(t, 'port2').keyBy((v) => v))
      .process('operator', {
        output: string,
        onFirst(v, ctx) {
          ctx.emit(`${v}PT:${ctx.processingTime} TS:${printed(ctx.timestamp)}`);
        },
        onSecond(v, ctx) {
          ctx.emit(`${v}PT:${ctx.processingTime} TS:${printed(ctx.timestamp)}`);
        },
      }),
  );

const broadcastSideOutput: Operator = (t) => {
  const operator = port<string>(t, 'port1')
    .connect(port<number>(t, 'port2').broadcast({ unused: mapState(string, string) }))
    .process('operator', {
      sideOutputs: { 'br-out': string, 'non-br-out': string },
      onElement(v, ctx) {
        ctx.output('non-br-out', `NON-BR:${v} WM:${ctx.watermark} TS:${printed(ctx.timestamp)}`);
      },
      onBroadcast(v, ctx) {
        ctx.output('br-out', `BR:${v} WM:${ctx.watermark} TS:${printed(ctx.timestamp)}`);
      },
    });
  return results(operator.sideOutput('br-out'), 'br-out').union(
    results(operator.sideOutput('non-br-out'), 'non-br-out'),
  );
};

/** By the id of the case. */
export const operators: Readonly<Record<string, Operator>> = {
  'flink/KeyedProcessOperatorTest.testEventTimeTimers': eventTimeTimers,
  'flink/KeyedProcessOperatorTest.testProcessingTimeTimers': processingTimeTimers,
  'flink/KeyedProcessOperatorTest.testTimestampAndProcessingTimeQuerying': keyedContext,
  'flink/ProcessOperatorTest.testTimestampAndWatermarkQuerying': context,
  'flink/ProcessOperatorTest.testSideOutput': sideOutput,
  'flink/KeyedCoProcessOperatorTest.testEventTimeTimers': connectedEventTimeTimers,
  'flink/KeyedCoProcessOperatorTest.testProcessingTimeTimers': connectedProcessingTimeTimers,
  'flink/CoProcessOperatorTest.testTimestampAndWatermarkQuerying': connectedContext,
  'flink/KeyedCoProcessOperatorTest.testTimestampAndProcessingTimeQuerying': keyedConnectedContext,
  'flink/CoBroadcastWithNonKeyedOperatorTest.testSideOutput': broadcastSideOutput,
};
