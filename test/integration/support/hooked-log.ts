import type { ClusterTools, Log, TopicAdmin, Transactor } from '../../../src/core/log.ts';
import type { LogFactory } from '../../../src/index.ts';

export type Change = 'create' | 'deleteGroup' | 'deleteTopics' | 'commit';

/** A log on which something happens before each change; `names`: the topics that are made or deleted. */
export function hookedLog(
  factory: LogFactory,
  before: (change: Change, names: readonly string[]) => Promise<void>,
): LogFactory {
  return {
    kind: factory.kind,
    async open(context) {
      const open = await factory.open(context);
      const { log } = open;
      const { kind, storesRows, shared, cluster } = log;
      const topics = through<TopicAdmin>(log.topics, {
        create: async (specs) => {
          const names = specs.map(({ name }) => name);
          await before('create', names);
          await log.topics.create(specs);
        },
      });
      const tools = through<ClusterTools>(cluster!, {
        deleteGroup: async (group, options) => {
          await before('deleteGroup', []);
          await cluster!.deleteGroup(group, options);
        },
        deleteTopics: async (names) => {
          await before('deleteTopics', names);
          await cluster!.deleteTopics(names);
        },
      });
      const transactor = async (id: string, transactionMs: number): Promise<Transactor> => {
        const real = await log.transactor(id, transactionMs);
        return through<Transactor>(real, {
          commit: async (commit) => {
            await before('commit', []);
            await real.commit(commit);
          },
        });
      };
      const hooked: Log = {
        kind,
        storesRows,
        shared,
        topics,
        cluster: tools,
        transactor,
        reader: () => log.reader(),
        join: (spec) => log.join(spec),
        close: () => log.close(),
      };
      return { ...open, log: hooked };
    },
  };
}

/** The same object, but for some of its methods. */
function through<T extends object>(real: T, own: Partial<T>): T {
  return new Proxy(real, {
    get(_target, name) {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(real, name);
      return typeof value === 'function' ? (value.bind(real) as unknown) : value;
    },
  });
}
