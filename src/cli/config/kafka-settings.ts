/** The part of the settings table that is about Kafka. Names are those of Kafka's own clients, below `kafka`. */
import { z } from 'zod';
import { guarantees } from '../../connectors/kafka/kafka-options.ts';
import { duration, setting, text } from './setting.ts';

const servers = z.union([
  text.transform((list) => list.split(',').map((server) => server.trim())),
  z.array(text).min(1),
]);

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;
const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export const kafkaSettings = {
  'kafka.brokers': setting(servers.optional(), 'Kafka bootstrap servers, HOST:PORT separated by commas.', {
    aliases: ['KAFKA_BOOTSTRAP_SERVERS'],
    flag: { name: 'kafka', value: 'SERVERS' },
  }),
  'kafka.client.id': setting(
    text.optional(),
    "Name of this client in the brokers' logs and quotas. Default: millrace.",
  ),
  'kafka.client.rack': setting(text.optional(), 'Where this process runs, to read from replicas nearby.'),
  'kafka.group.id': setting(text.optional(), "Consumer group. Default: the job's name.", {
    aliases: ['KAFKA_GROUP_ID'],
    flag: { name: 'group', value: 'NAME' },
  }),
  'kafka.group.instance.id': setting(
    text.optional(),
    'Name of this process in its group, for good. Its place is kept while it restarts.',
    { aliases: ['KAFKA_GROUP_INSTANCE_ID'], flag: { name: 'instance', value: 'NAME' } },
  ),
  'kafka.auto.offset.reset': setting(
    text.optional(),
    'earliest, latest, none, a time or by_duration:1h; for some sources SOURCE=...,SOURCE=... Default: as the topology says.',
    { flag: { name: 'from', value: 'POSITION' } },
  ),
  'kafka.session.timeout': setting(
    duration.optional(),
    'Silence after which others take over the tasks. Default: 45s.',
  ),
  'kafka.num.standby.replicas': setting(
    z.int().min(0).optional(),
    'Processes that keep a copy of the state of each task, to take it over soon. Default: 0.',
  ),
  'kafka.acceptable.recovery.lag': setting(
    z.int().min(0).optional(),
    'Records that the copy of a task may be behind when the task moves to it. Default: 10000.',
  ),
  'kafka.max.warmup.replicas': setting(
    z.int().min(1).optional(),
    'Copies that all processes together make at a time so that tasks can move. Default: 2.',
  ),
  'kafka.heartbeat.interval': setting(duration.optional(), 'Time between signs of life to the group. Default: 1s.'),
  'kafka.rebalance.timeout': setting(duration.optional(), 'How long a group waits for a busy member. Default: 5m.'),
  'kafka.transaction.timeout': setting(
    duration.optional(),
    'How long a transaction may stay open that nobody ends. Default: 60s.',
  ),
  'kafka.partition.discovery.interval': setting(
    duration.optional(),
    'How often inputs are looked at for more partitions. Default: 1m.',
  ),
  'kafka.processing.guarantee': setting(
    z.enum(guarantees).optional(),
    'exactly-once or at-least-once: outputs are seen at once, and some twice after a crash. Default: exactly-once.',
    { flag: { name: 'guarantee', value: 'NAME' } },
  ),
  'kafka.request.timeout': setting(duration.optional(), 'How long a broker may take to answer. Default: 30s.'),
  'kafka.delivery.timeout': setting(
    duration.optional(),
    'How long failures are retried before they are told. Default: 60s.',
  ),
  'kafka.compression.type': setting(
    z.enum(compressions).optional(),
    'Compression of topics that do not name their own. Default: none.',
  ),
  'kafka.replication.factor': setting(
    z.int().min(1).optional(),
    "Replicas of topics that the job creates and that name none. Default: the brokers' own.",
  ),
  'kafka.security.protocol': setting(
    z.enum(protocols).optional(),
    'PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. Default: by what else is given.',
    { aliases: ['KAFKA_SECURITY_PROTOCOL'] },
  ),
  'kafka.sasl.mechanism': setting(
    z.enum(mechanisms).optional(),
    'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER. Default: PLAIN.',
    { aliases: ['KAFKA_SASL_MECHANISM'] },
  ),
  'kafka.sasl.username': setting(text.optional(), 'User of PLAIN and SCRAM.', { aliases: ['KAFKA_SASL_USERNAME'] }),
  'kafka.sasl.password': setting(text.optional(), 'Password of PLAIN and SCRAM.', {
    aliases: ['KAFKA_SASL_PASSWORD'],
    secret: true,
  }),
  'kafka.sasl.token.file': setting(text.optional(), 'File with the token of OAUTHBEARER, read for every connection.'),
  'kafka.ssl.ca': setting(text.optional(), 'Certificates to trust: a PEM file, or its text. Default: those of Node.'),
  'kafka.ssl.cert': setting(text.optional(), 'Certificate of this client: a PEM file, or its text.'),
  'kafka.ssl.key': setting(text.optional(), 'Key of this client: a PEM file, or its text.', { secret: true }),
  'kafka.ssl.key.password': setting(text.optional(), 'Password of the key.', { secret: true }),
  'kafka.ssl.servername': setting(
    text.optional(),
    "Name that the brokers' certificates must have. Default: the host's.",
  ),
  'kafka.topic': setting(text.optional(), 'Topic of products that take one.', { aliases: ['KAFKA_TOPIC'] }),
} as const;
