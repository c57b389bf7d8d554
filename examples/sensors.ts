import { defineTopology, json, mapState, string, topic, valueState } from '../src/index.ts';

interface Reading {
  readonly sensor: string;
  readonly degrees: number;
}
interface Limit {
  readonly room: string;
  readonly degrees: number;
}
interface Placed extends Reading {
  readonly room: string;
}
const Reading = json<Reading>('Reading');
const Placed = json<Placed>('Placed');

/** Joins readings with the rooms of their sensors, and says which rooms are too warm. */
export default defineTopology({
  name: 'sensors',
  build(t) {
    const readings = t
      .source('readings', topic('readings', Reading))
      .split({ broken: (reading) => Number.isNaN(reading.degrees) }, { default: 'good' });
    readings.broken.sinkTo('broken', topic('broken-sensors', Reading));

    const rooms = t.source('rooms', topic('rooms', json<{ sensor: string; room: string }>('Room')));
    const placed = readings.good
      .keyBy((reading) => reading.sensor)
      .connect(rooms.keyBy((entry) => entry.sensor))
      .process('place', {
        output: Placed,
        state: { room: valueState(string) },
        sideOutputs: { homeless: Reading },
        onFirst(reading, ctx) {
          const room = ctx.state.room.get();
          if (room === undefined) ctx.output('homeless', reading);
          else ctx.emit({ ...reading, room });
        },
        onSecond(entry, ctx) {
          ctx.state.room.set(entry.room);
        },
      });
    placed.sideOutput('homeless').sinkTo('homeless', topic('homeless-sensors', Reading));

    const limits = t
      .source('limits', topic('limits', json<Limit>('Limit'), { compacted: true }))
      .broadcast({ limits: mapState(string, json<Limit>('Limit')) });
    placed
      .connect(limits)
      .process('check', {
        output: Placed,
        onElement(reading, ctx) {
          const limit = ctx.broadcast.limits.get(reading.room);
          if (limit !== undefined && reading.degrees > limit.degrees) ctx.emit(reading);
        },
        onBroadcast(limit, ctx) {
          ctx.broadcast.limits.set(limit.room, limit);
        },
      })
      .sinkTo('warm', topic('warm-rooms', Placed));
  },
});
