import { StreamError, messageOf } from '../core/stream-error.ts';
import type { Topic } from '../core/topic.ts';
import type { Graph, Value } from '../graph/nodes.ts';
import { GraphStream } from './data-stream.ts';
import { Draft } from './draft.ts';
import { errorPolicy } from './on-error.ts';
import type { SourceOptions } from './step-options.ts';
import type { SourceStream } from './streams.ts';

/** Checks a configuration and fills in defaults. A zod schema is one. Its output must be JSON. */
export interface ConfigSchema<C> {
  parse(value: unknown): C;
}

/** What `build` makes streams with. */
export interface TopologyBuilder {
  /** The records of a topic. `id` names the source in the command line, metrics and errors. */
  source<T>(id: string, topic: Topic<T>, options?: SourceOptions<T>): SourceStream<T>;
}

export interface TopologySpec<C> {
  /** Names consumer group, internal topics and state: change it and the job begins anew. */
  readonly name: string;
  readonly config?: ConfigSchema<C>;
  /** Called once per run, and once in every worker thread: the same config must give the same graph. */
  readonly build: (t: TopologyBuilder, config: C) => void | undefined;
}

/** A job as a value: it runs nothing until it is passed to `run`, a driver or the simulator. */
export interface Topology<C> {
  readonly name: string;
  readonly schema: ConfigSchema<C> | undefined;
  /** The full configuration from a partial one. Throws CONFIG_INVALID. */
  configure(config?: Partial<C>): C;
  /** The frozen graph. Throws CONFIG_INVALID, or GRAPH_INVALID with all mistakes. */
  build(config?: Partial<C>): Graph;
}

const brand = Symbol.for('millrace.Topology');

export function defineTopology<C = Readonly<Record<string, never>>>(spec: TopologySpec<C>): Topology<C> {
  const { name, config: schema, build } = spec;
  const configure = (config: Partial<C> = {}): C => {
    if (schema === undefined) return config as C; // without a schema C is the empty object
    try {
      return schema.parse(config);
    } catch (cause) {
      throw new StreamError('CONFIG_INVALID', describeIssues(cause), { job: name, cause });
    }
  };
  const topology: Topology<C> = {
    name,
    schema,
    configure,
    build(config) {
      const draft = new Draft(name);
      const result: unknown = build({ source: (...args) => addSource(draft, ...args) }, configure(config));
      if (result instanceof Promise) {
        result.catch(() => undefined); // reported here, whatever becomes of it
        draft.mistake(
          'topology',
          'build returned a Promise',
          'Load what it needs before, and make all steps synchronously.',
        );
      }
      return draft.finish();
    },
  };
  Object.defineProperty(topology, brand, { value: true });
  return Object.freeze(topology);
}

/** True for what defineTopology makes, also when two copies of the package are loaded. */
export function isTopology(value: unknown): value is Topology<unknown> {
  return typeof value === 'object' && value !== null && brand in value;
}

function addSource<T>(draft: Draft, name: string, topic: Topic<T>, options: SourceOptions<T> = {}): SourceStream<T> {
  const { start = 'earliest', outOfRange = 'fail', onError = 'deadLetter', ...time } = options;
  const id = draft.given(name);
  draft.add({
    kind: 'source',
    id,
    inputs: [],
    codec: topic.codec,
    onError: errorPolicy(onError),
    topic: topic as unknown as Topic<Value>,
    time: Object.freeze(time) as SourceOptions<Value>,
    start,
    outOfRange,
    broadcast: false,
    keyedBy: undefined,
  });
  return new GraphStream<T>(draft, id);
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

// zod's errors hold a list of issues; anything else has its message.
function describeIssues(cause: unknown): string {
  const issues = (cause as { readonly issues?: readonly Issue[] } | undefined)?.issues;
  if (!Array.isArray(issues)) return messageOf(cause);
  return (issues as readonly Issue[])
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`))
    .join('; ');
}
