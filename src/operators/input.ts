/**
 * One input of an operator: where its upstream pushes elements and time. Calls are synchronous and depth first, so an
 * element is through the whole chain when `process` returns.
 *
 * Order law: everything a watermark triggers is emitted before the watermark is forwarded.
 */
export interface Input {
  process(value: unknown): void;
  /**
   * Event time of this input is `time` (its watermark) from now on; never goes back. -Infinity: unknown; Infinity: the
   * input has ended. An idle input is left out of the minimum over inputs.
   */
  onTime(time: number, idle: boolean): void;
}

/** Output of an operator nobody listens to. */
export const nowhere: Input = Object.freeze({
  process() {
    // dropped by design: the graph has no consumer here
  },
  onTime() {
    // nobody to tell
  },
});

/** Several consumers of one output, in graph order. */
class FanOut implements Input {
  readonly #inputs: readonly Input[];

  constructor(inputs: readonly Input[]) {
    this.#inputs = inputs;
  }

  process(value: unknown): void {
    for (const input of this.#inputs) input.process(value);
  }

  onTime(time: number, idle: boolean): void {
    for (const input of this.#inputs) input.onTime(time, idle);
  }
}

export function fanOut(inputs: readonly Input[]): Input {
  if (inputs.length === 0) return nowhere;
  return inputs.length === 1 ? inputs[0]! : new FanOut(inputs);
}
