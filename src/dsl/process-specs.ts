/** What `process` takes: state, outputs and functions. The types of `ctx` follow from the declarations above them. */
import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import type {
  ElementContext,
  KeyedContext,
  ReadonlyMapState,
  SideOutputSpecs,
  SideOutputValues,
  TimerContext,
} from '../core/process-function.ts';
import type { Handles, MapSpec } from '../core/state-spec.ts';
import type { OnError } from './on-error.ts';
import type { Nothing } from './type-checks.ts';

/** No states, no side outputs: no name is known. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- the empty object is meant
export type None = Readonly<Record<never, never>>;

interface Outputs<O, SO extends SideOutputSpecs> {
  /** Codec of what `ctx.emit` takes. Without it nothing can be emitted. */
  readonly output?: Codec<O>;
  /** Further outputs by name, each with the codec of its values. */
  readonly sideOutputs?: SO;
  /** Default: fail. With another policy an invocation's outputs and changes are undone when it throws. */
  readonly onError?: OnError;
}

interface KeyedOutputs<S, O, SO extends SideOutputSpecs> extends Outputs<O, SO> {
  /** What is kept per key: `{ last: valueState(Frame) }` is `ctx.state.last`. */
  readonly state?: S;
}

export interface Process<T, O, SO extends SideOutputSpecs> extends Outputs<O, SO> {
  onElement(value: T, ctx: ElementContext<O, SideOutputValues<SO>>): Nothing;
}

export interface KeyedProcess<K extends Key, T, S, O, SO extends SideOutputSpecs> extends KeyedOutputs<S, O, SO> {
  onElement(value: T, ctx: KeyedContext<K, S, O, SideOutputValues<SO>>): Nothing;
  onTimer?(time: number, ctx: TimerContext<K, S, O, SideOutputValues<SO>>): Nothing;
}

export interface CoProcess<K extends Key, T, U, S, O, SO extends SideOutputSpecs> extends KeyedOutputs<S, O, SO> {
  onFirst(value: T, ctx: KeyedContext<K, S, O, SideOutputValues<SO>>): Nothing;
  onSecond(value: U, ctx: KeyedContext<K, S, O, SideOutputValues<SO>>): Nothing;
  onTimer?(time: number, ctx: TimerContext<K, S, O, SideOutputValues<SO>>): Nothing;
}

type ReadonlyBroadcast<B> = {
  readonly [N in keyof B]: B[N] extends MapSpec<infer K, infer V> ? ReadonlyMapState<K, V> : never;
};

/** A view of the broadcast maps; values come to them through `onBroadcast` alone. */
export interface ReadsBroadcast<B> {
  readonly broadcast: ReadonlyBroadcast<B>;
}

/** Must treat a value alike in every task: no random numbers, no clock. */
export interface BroadcastContext<B, O, SO> extends ElementContext<O, SO> {
  readonly broadcast: Handles<B>;
}

export interface BroadcastProcess<T, U, B, O, SO extends SideOutputSpecs> extends Outputs<O, SO> {
  onElement(value: T, ctx: ElementContext<O, SideOutputValues<SO>> & ReadsBroadcast<B>): Nothing;
  onBroadcast(value: U, ctx: BroadcastContext<B, O, SideOutputValues<SO>>): Nothing;
}

export interface KeyedBroadcastProcess<K extends Key, T, U, B, S, O, SO extends SideOutputSpecs> extends KeyedOutputs<
  S,
  O,
  SO
> {
  onElement(value: T, ctx: KeyedContext<K, S, O, SideOutputValues<SO>> & ReadsBroadcast<B>): Nothing;
  onBroadcast(value: U, ctx: BroadcastContext<B, O, SideOutputValues<SO>>): Nothing;
  onTimer?(time: number, ctx: TimerContext<K, S, O, SideOutputValues<SO>> & ReadsBroadcast<B>): Nothing;
}
