import { boundedOutOfOrderness, defineTopology, json, number, topic, valueState } from '../src/index.ts';

export interface Beat {
  readonly device: string;
  readonly at: number;
}
export interface Silence {
  readonly device: string;
  readonly since: number;
}
export const beats = topic('beats', json<Beat>('Beat'), { key: (beat) => beat.device });
export const silences = topic('silences', json<Silence>('Silence'), { key: (silence) => silence.device });
const patienceMs = 30_000;

/** Says which devices have not been heard of for 30 seconds. */
export default defineTopology({
  name: 'silent-devices',
  build(t) {
    t.source('beats', beats, { watermarks: boundedOutOfOrderness('5s', (beat) => beat.at), idleAfter: '10s' })
      .keyBy((beat) => beat.device)
      .process('watch', {
        output: silences.codec,
        state: { last: valueState(number) },
        onElement(beat, ctx) {
          const last = ctx.state.last.get() ?? beat.at;
          if (beat.at < last) return; // an older one that came late
          if (beat.at - last > patienceMs) ctx.emit({ device: beat.device, since: last });
          ctx.timers.deleteEventTime(last + patienceMs);
          ctx.timers.registerEventTime(beat.at + patienceMs);
          ctx.state.last.set(beat.at);
        },
        onTimer(time, ctx) {
          ctx.emit({ device: ctx.key, since: time - patienceMs });
          ctx.state.last.clear();
        },
      })
      .sinkTo('silences', silences);
  },
});
