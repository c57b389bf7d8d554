/**
 * What the rows of one operator in one partition were written with: a JSON row under `!` (see row-keys.ts). It refuses
 * builds that cannot read the rows, fixes the type of keys, and lets tools and savepoints find all rows of a job.
 */
import type { Codec } from '../core/codec.ts';
import type { RowBatch } from '../core/row-batch.ts';
import { StreamError, messageOf } from '../core/stream-error.ts';
import type { ErrorPlace } from '../core/stream-error.ts';
import type { Incarnations } from './incarnations.ts';
import type { KeyScope } from './key-scope.ts';
import type { TaskContext } from './task-context.ts';

/** How rows of a state are laid out. Reducing and aggregating states are values. */
export type StateLayout = 'value' | 'list' | 'map' | 'taskMap' | 'taskRows';

export interface StoredState {
  readonly layout: StateLayout;
  readonly codec: string;
  /** Highest version that may have been written. */
  readonly version: number;
  /** All rows have a place in the expiry index. */
  readonly ttl: boolean;
}

export interface StoredOperator {
  readonly job: string;
  readonly subTopology: string;
  readonly operator: string;
  readonly partition: number;
  readonly keyType: 'string' | 'number' | null;
  /** Next incarnation number of large lists and maps. */
  readonly incarnation: number;
  readonly states: Readonly<Record<string, StoredState>>;
}

export class OperatorMeta {
  readonly #rowKey: string;
  readonly #operator: string;
  readonly #context: TaskContext;
  readonly #scope: KeyScope;
  readonly #incarnations: Incarnations;
  readonly #place: ErrorPlace;
  readonly #declared = new Map<string, StoredState>();
  #stored: StoredOperator | undefined;

  constructor(rowKey: string, operator: string, context: TaskContext, scope: KeyScope, incarnations: Incarnations) {
    this.#rowKey = rowKey;
    this.#operator = operator;
    this.#context = context;
    this.#scope = scope;
    this.#incarnations = incarnations;
    this.#place = scope.place;
  }

  declare(name: string, layout: StateLayout, codec: Codec<never>, ttl: boolean): void {
    this.#declared.set(name, { layout, codec: codec.name, version: codec.version, ttl });
  }

  /** Reads the row and checks that this build can read what was written. */
  load(): void {
    const bytes = this.#context.store?.get(this.#rowKey);
    this.#stored = bytes === undefined ? undefined : parseStoredOperator(bytes);
    this.#scope.keyType = this.#stored?.keyType ?? undefined;
    this.#incarnations.next = this.#stored?.incarnation ?? 1;
    this.#incarnations.changed = false;
    for (const [name, stored] of Object.entries(this.#stored?.states ?? {})) {
      const declared = this.#declared.get(name);
      if (declared !== undefined) this.#check(name, stored, declared);
    }
  }

  /** The state has rows from a time without TTL. */
  lacksIndex(name: string): boolean {
    const stored = this.#stored?.states[name];
    return stored !== undefined && !stored.ttl;
  }

  /** The state has an expiry index from a time with TTL. */
  hasIndex(name: string): boolean {
    return this.#stored?.states[name]?.ttl === true;
  }

  collect(rows: RowBatch): void {
    if (!this.#isChanged()) return;
    this.#incarnations.changed = false;
    this.#stored = {
      job: this.#context.address.job,
      subTopology: this.#context.address.subTopology,
      operator: this.#operator,
      partition: this.#context.address.partition,
      keyType: this.#scope.keyType ?? null,
      incarnation: this.#incarnations.next,
      states: { ...this.#stored?.states, ...Object.fromEntries(this.#declared) },
    };
    rows.putBytes(this.#rowKey, Buffer.from(JSON.stringify(this.#stored)));
  }

  #isChanged(): boolean {
    const stored = this.#stored;
    if (stored === undefined || this.#incarnations.changed) return true;
    if (stored.keyType !== (this.#scope.keyType ?? null)) return true;
    for (const [name, { version, ttl }] of this.#declared) {
      if (stored.states[name]?.version !== version || stored.states[name].ttl !== ttl) return true;
    }
    return false;
  }

  #check(name: string, stored: StoredState, declared: StoredState): void {
    if (stored.layout !== declared.layout) {
      throw new StreamError(
        'STATE_CODEC_MISMATCH',
        `the store holds '${name}' as ${stored.layout}, this build declares ${declared.layout}`,
        {
          ...this.#place,
          remedy: 'Give the new state another name.',
        },
      );
    }
    if (stored.codec !== declared.codec) {
      throw new StreamError(
        'STATE_CODEC_MISMATCH',
        `the store holds '${name}' as ${stored.codec}, this build declares ${declared.codec}`,
        {
          ...this.#place,
          remedy: 'Give the new state another name, or keep the codec and raise its version.',
        },
      );
    }
    if (stored.version > declared.version) {
      throw new StreamError(
        'STATE_CODEC_MISMATCH',
        `the store holds '${name}' as ${stored.codec} v${String(stored.version)}, this build knows up to v${String(declared.version)}`,
        {
          ...this.#place,
          remedy:
            'Start the newer build, or restore the savepoint taken before it: run-topology restore --from <folder>.',
        },
      );
    }
  }
}

export function parseStoredOperator(bytes: Buffer): StoredOperator {
  try {
    return JSON.parse(bytes.toString()) as StoredOperator;
  } catch (cause) {
    throw new StreamError('STATE_CORRUPT', `an operator row cannot be read: ${messageOf(cause)}`, { cause });
  }
}
