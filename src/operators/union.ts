import { EventClock } from './event-clock.ts';
import type { Input } from './input.ts';

/** Several streams as one: elements pass, event time is the minimum over the inputs. */
export class Union {
  readonly inputs: readonly Input[];

  constructor(inputs: number, out: Input) {
    const clock = new EventClock(inputs);
    this.inputs = Array.from({ length: inputs }, (_, index) => ({
      process: (value: unknown) => {
        out.process(value);
      },
      onTime: (time: number, idle: boolean) => {
        if (!clock.update(index, time, idle)) return;
        clock.arrive();
        out.onTime(clock.watermark, clock.idle);
      },
    }));
  }
}
