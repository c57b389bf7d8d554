/**
 * What can be asked of a data folder, by name. Params and results are JSON, because the answer may come from another
 * process: the one that has the folder open (see folder.ts).
 */
import { produce } from '../connectors/produce.ts';
import type { BrokerNode, ClusterTools, Log, TopicDescription, TopicPartition, TopicSpec } from '../core/log.ts';
import { PartitionWriters } from '../core/partition-writers.ts';
import { StreamError } from '../core/stream-error.ts';
import { groupLag, type PartitionLag } from './group-lag.ts';
import { readLetters, sendBack, type StoredLetter } from './dead-letter-box.ts';
import { inspectState, type StateReport } from './inspect-state.ts';
import type { OpenFolder } from './open-folder.ts';
import { readPage, type RecordPage } from './topic-reader.ts';

export interface TopicReport {
  readonly name: string;
  readonly partitions: number;
  readonly records: number;
  readonly retentionMs?: number | undefined;
  readonly compacted: boolean;
  readonly internal: boolean;
}

export interface WrittenRecord {
  readonly partition: number;
  readonly key: string | null;
  /** Base64. */
  readonly value: string;
}

/** Where a dead letter goes. */
export interface LetterPlace {
  readonly number: number;
  /** Of the task that takes it in. */
  readonly partition: number;
}

export const folderCalls = {
  'topics.list': async ({ log }: OpenFolder, _params: object): Promise<readonly TopicReport[]> => {
    const topics = await log.topics.list();
    const reports = topics.map(async ({ name, partitions, retentionMs, compacted, internal }) => {
      const places = Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition }));
      const bounds = await log.topics.bounds(places);
      const records = bounds.reduce((sum, { start, end }) => sum + end - start, 0);
      return { name, partitions, records, retentionMs, compacted, internal };
    });
    return (await Promise.all(reports)).sort((a, b) => (a.name < b.name ? -1 : 1));
  },

  'topics.describe': async (
    { log }: OpenFolder,
    { names }: { readonly names: readonly string[] },
  ): Promise<readonly (TopicDescription | null)[]> =>
    (await log.topics.describe(names)).map((description) => description ?? null),

  'topics.read': async (
    { log }: OpenFolder,
    { topic, partition, from, limit }: TopicPartition & { readonly from: number; readonly limit: number },
  ): Promise<RecordPage> => readPage(log, { topic, partition, offset: from }, limit),

  'topics.create': async ({ log }: OpenFolder, { specs }: { readonly specs: readonly TopicSpec[] }): Promise<void> =>
    log.topics.create(specs),

  /** One commit. `writer` names who writes: another one of the same name takes over. */
  'topics.write': async (
    { log, clock }: OpenFolder,
    params: { readonly topic: string; readonly writer: string; readonly records: readonly WrittenRecord[] },
  ): Promise<void> => {
    const writers = new PartitionWriters();
    const now = clock.now();
    for (const { partition, key, value } of params.records) {
      const bytes = Buffer.from(value, 'base64');
      writers.of(params.topic, partition).appendBytes(key, bytes, 0, bytes.length, now);
    }
    await produce(log, `write-${params.writer}`, writers.seal());
  },

  'topics.delete': async ({ log }: OpenFolder, { names }: { readonly names: readonly string[] }): Promise<void> =>
    toolsOf(log).deleteTopics(names),

  'group.lag': async (
    { log, clock }: OpenFolder,
    { group, topics }: { readonly group: string; readonly topics: readonly string[] },
  ): Promise<readonly PartitionLag[]> => groupLag(log, group, topics, clock.now()),

  'group.delete': async (
    { log }: OpenFolder,
    { group, force }: { readonly group: string; readonly force: boolean },
  ): Promise<void> => toolsOf(log).deleteGroup(group, { force }),

  /** Proves that a job could work here: reach every broker, and open transactions. */
  'cluster.check': async (
    { log }: OpenFolder,
    { transactionTimeoutMs }: { readonly transactionTimeoutMs: number },
  ): Promise<{ readonly brokers: readonly BrokerNode[]; readonly positionsKeptMs: number | undefined }> => {
    const tools = toolsOf(log);
    const brokers = await tools.brokers();
    const transactor = await log.transactor('millrace-doctor', transactionTimeoutMs);
    await transactor.close();
    return { brokers, positionsKeptMs: await tools.positionsKeptMs() };
  },

  'dlq.list': async ({ log }: OpenFolder, { job }: { readonly job: string }): Promise<readonly StoredLetter[]> =>
    readLetters(log, job),

  'dlq.sendBack': async (
    { log, clock }: OpenFolder,
    { job, places, again }: { readonly job: string; readonly places: readonly LetterPlace[]; readonly again: boolean },
  ): Promise<void> => {
    const partitions = new Map(places.map(({ number, partition }) => [number, partition]));
    const letters = (await readLetters(log, job)).flatMap((letter) => {
      const partition = partitions.get(letter.number);
      return partition === undefined ? [] : [{ ...letter, partition }];
    });
    const sent = again ? undefined : letters.find(({ redriven }) => redriven);
    if (sent !== undefined) {
      throw new StreamError('USAGE', `dead letter ${sent.number} was sent back already`, {
        job,
        remedy: 'If the job has gone back to a savepoint since, send it with --again.',
      });
    }
    if (letters.length > 0) await sendBack(log, job, letters, clock);
  },

  'state.inspect': async (
    folder: OpenFolder,
    params: { readonly job: string; readonly operator?: string | undefined; readonly key?: string | undefined },
  ): Promise<StateReport> => inspectState(folder, params),

  savepoint: async ({ savepoint }: OpenFolder, { folder }: { readonly folder: string }): Promise<void> => {
    if (savepoint === undefined) throw new StreamError('NOT_RUNNING', 'no job runs in this folder');
    await savepoint(folder);
  },
};

function toolsOf({ cluster, kind }: Log): ClusterTools {
  if (cluster !== undefined) return cluster;
  throw new StreamError('UNSUPPORTED', `the ${kind} log is not a cluster`, { remedy: 'Name brokers with --kafka.' });
}

export type FolderCalls = typeof folderCalls;
export type FolderCall = keyof FolderCalls;
export type ParamsOf<N extends FolderCall> = Parameters<FolderCalls[N]>[1];
export type ResultOf<N extends FolderCall> = Awaited<ReturnType<FolderCalls[N]>>;
