/**
 * One input of an operator: where its upstream pushes elements and time. Calls are synchronous and depth first, so an
 * element is through the whole chain when `process` returns.
 *
 * Order law: everything a watermark triggers is emitted before the watermark is forwarded.
 */
export interface Input {
  process(value: unknown): void;
  /** Event time of this input reached `time`; never goes back. Infinity: the input has ended. */
  onWatermark(time: number): void;
  /** The input left (true) or rejoined (false) the minimum over inputs. */
  onIdle(idle: boolean): void;
}

/** Output of an operator nobody listens to. */
export const nowhere: Input = Object.freeze({
  process() {
    // dropped by design: the graph has no consumer here
  },
  onWatermark() {
    // nobody to tell
  },
  onIdle() {
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

  onWatermark(time: number): void {
    for (const input of this.#inputs) input.onWatermark(time);
  }

  onIdle(idle: boolean): void {
    for (const input of this.#inputs) input.onIdle(idle);
  }
}

export function fanOut(inputs: readonly Input[]): Input {
  if (inputs.length === 0) return nowhere;
  return inputs.length === 1 ? inputs[0]! : new FanOut(inputs);
}
