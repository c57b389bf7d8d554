/** reduce and aggregate as keyed process functions over one value per key. */
import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import { valueState, type Aggregator, type StateOptions, type ValueState } from '../core/state-spec.ts';
import type { KeyedProcessNode, Value } from '../graph/nodes.ts';

type Folding = Pick<KeyedProcessNode, 'label' | 'state' | 'function'>;

/** Keeps the combined value of a key as state `reduced`. */
export function reducing(combine: (a: Value, b: Value) => Value, codec: Codec<Value>, options: StateOptions): Folding {
  return {
    label: 'reduce',
    state: Object.freeze({ reduced: valueState(codec, options) }),
    function: {
      onElement(value, ctx) {
        const { reduced } = ctx.state as { readonly reduced: ValueState<Value> };
        const before = reduced.get();
        const after = before === undefined ? value : combine(before, value);
        reduced.set(after);
        ctx.emit(after);
      },
    },
  };
}

/** Keeps the accumulator of a key as state `accumulator`. */
export function aggregating(
  aggregator: Aggregator<Value, Value, Value>,
  codec: Codec<Value>,
  options: StateOptions,
  result: ((value: Value, key: Key) => Value) | undefined,
): Folding {
  return {
    label: 'aggregate',
    state: Object.freeze({ accumulator: valueState(codec, options) }),
    function: {
      onElement(value, ctx) {
        const { accumulator } = ctx.state as { readonly accumulator: ValueState<Value> };
        const after = aggregator.add(value, accumulator.get() ?? aggregator.create());
        accumulator.set(after);
        const folded = aggregator.result(after);
        ctx.emit(result === undefined ? folded : result(folded, ctx.key));
      },
    },
  };
}
