/** What Kafka's own consumer reads from a topic when it reads committed records only. */
import { javaOutput } from './java-program.ts';

export interface CommittedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  /** `name:value,name:value`; empty: it has none. */
  readonly headers: string;
  /** As UTF-8. */
  readonly key: string | null;
  readonly value: string | null;
}

export interface ReadOptions {
  /** The topic is taken as read when nothing came for so long. Default 60 s. */
  readonly idleMs?: number;
  /** Ends after so many, without waiting: where all goes well `idleMs` costs nothing then. */
  readonly maxRecords?: number;
}

// Control characters, so that keys and values may hold tabs and line feeds.
const between = '\u0001';
const end = '\u0002';
const nothing = '\u0003';

/** The committed records of a topic as they come: per partition in order of their offsets. */
export async function* committedRecords(
  bootstrap: string,
  topic: string,
  { idleMs = 60_000, maxRecords }: ReadOptions = {},
): AsyncGenerator<CommittedRecord> {
  const format = {
    'print.timestamp': true,
    'print.partition': true,
    'print.offset': true,
    'print.headers': true,
    'print.key': true,
    'key.separator': between,
    'line.separator': end,
    'null.literal': nothing,
  };
  const args = [
    ...['--bootstrap-server', bootstrap, '--topic', topic, '--from-beginning', '--isolation-level', 'read_committed'],
    ...Object.entries(format).flatMap(([name, value]) => ['--formatter-property', `${name}=${value}`]),
    ...['--timeout-ms', String(idleMs)],
    ...(maxRecords === undefined ? [] : ['--max-messages', String(maxRecords)]),
  ];
  for await (const line of javaOutput('org.apache.kafka.tools.consumer.ConsoleConsumer', args, {}, end)) {
    const [time = '', partition = '', offset = '', headers = '', key = '', value = ''] = line.split(between);
    if (!offset.startsWith('Offset:')) continue; // its last words, after the last record
    yield {
      timestamp: Number(time.slice(time.indexOf(':') + 1)),
      partition: Number(partition.slice('Partition:'.length)),
      offset: Number(offset.slice('Offset:'.length)),
      headers: headers === 'NO_HEADERS' ? '' : headers,
      key: key === nothing ? null : key,
      value: value === nothing ? null : value,
    };
  }
}

/** All of them. */
export async function readCommitted(
  bootstrap: string,
  topic: string,
  options?: ReadOptions,
): Promise<CommittedRecord[]> {
  const records: CommittedRecord[] = [];
  for await (const record of committedRecords(bootstrap, topic, options)) records.push(record);
  return records;
}
