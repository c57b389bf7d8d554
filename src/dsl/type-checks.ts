/** Types that make impossible calls fail to compile, with a sentence in the compiler's message. */
import type { Key } from '../core/partitioner.ts';

/** What functions return that only emit. Not plain `void`, to which TypeScript assigns any function, async ones too. */
export type Nothing = void | undefined;

export type NoPromise<U> =
  U extends PromiseLike<unknown>
    ? 'this step is synchronous: a function that returns a Promise belongs in asyncMap'
    : unknown;

/** Both streams must have the same kind of key. */
export type MatchingKey<K extends Key, K2 extends Key> = [K2] extends [K]
  ? unknown
  : [K] extends [K2]
    ? unknown
    : 'connected streams need keys of the same type';

/** A topic that takes values of type T. */
export type TopicFor<T, U> = [T] extends [U] ? unknown : 'this topic holds values of another type than the stream';

/** What a predicate leaves of T: the guarded type, or T itself. */
export type Guarded<F, T> = F extends ((value: T) => value is infer U extends T) ? U : T;

type GuardedOnly<F, T> = F extends ((value: T) => value is infer U extends T) ? U : never;

/** What no type guard takes. */
export type Rest<T, B> = Exclude<T, { [N in keyof B]: GuardedOnly<B[N], T> }[keyof B]>;
