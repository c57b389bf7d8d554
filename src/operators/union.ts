import { EventClock } from './event-clock.ts';
import type { Input } from './input.ts';

/** Several streams as one: elements pass, the watermark is the minimum over the inputs. */
export class Union {
  readonly inputs: readonly Input[];
  readonly #clock: EventClock;
  readonly #out: Input;
  #idle = false;

  constructor(inputs: number, out: Input) {
    this.#clock = new EventClock(inputs);
    this.#out = out;
    this.inputs = Array.from({ length: inputs }, (_, index) => ({
      process: (value: unknown) => {
        out.process(value);
      },
      onWatermark: (time: number) => {
        this.#reach(this.#clock.follow(index, time)); // idle inputs may follow the clock: onIdle tells when they are back
      },
      onIdle: (idle: boolean) => {
        this.#reach(this.#clock.setIdle(index, idle));
      },
    }));
  }

  #reach(time: number): void {
    if (time > this.#clock.watermark) {
      this.#clock.watermark = time;
      this.#out.onWatermark(time);
    }
    if (this.#clock.idle !== this.#idle) {
      this.#idle = this.#clock.idle;
      this.#out.onIdle(this.#idle);
    }
  }
}
