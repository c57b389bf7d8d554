import type { AvroSchema } from './avro-schema.ts';
import { parseSchema } from './parse-schema.ts';

/**
 * How a subject is named: `topic` after its topic (TopicNameStrategy: one type per topic), `record` after the record
 * (RecordNameStrategy: one schema for all topics), `topicRecord` after both.
 */
export type SubjectStrategy = 'topic' | 'record' | 'topicRecord';

export const subjectStrategies: readonly SubjectStrategy[] = ['topic', 'record', 'topicRecord'];

/** The subject of the values of a topic. */
export function subjectOf(strategy: SubjectStrategy, topic: string, schema: AvroSchema): string {
  switch (strategy) {
    case 'topic':
      return `${topic}-value`;
    case 'record':
      return parseSchema(schema).name;
    case 'topicRecord':
      return `${topic}-${parseSchema(schema).name}`;
  }
}
