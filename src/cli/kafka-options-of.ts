/** The settings below `kafka` as options of the connector. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { KafkaOptions, KafkaSasl } from '../connectors/kafka/kafka-options.ts';
import { StreamError } from '../core/stream-error.ts';
import type { Settings } from './config/settings.ts';
import { pem } from './pem.ts';

/** Undefined when the settings name no brokers. Fails with CONFIG_INVALID. `folder`: what relative paths start from. */
export function kafkaOptionsOf(settings: Settings, folder: string): KafkaOptions | undefined {
  const brokers = settings['kafka.brokers'];
  if (brokers === undefined) return undefined;
  const options: { readonly [K in keyof KafkaOptions]?: KafkaOptions[K] | undefined } = {
    clientId: settings['kafka.client.id'],
    rack: settings['kafka.client.rack'],
    heartbeatInterval: settings['kafka.heartbeat.interval'],
    rebalanceTimeout: settings['kafka.rebalance.timeout'],
    requestTimeout: settings['kafka.request.timeout'],
    retryTimeout: settings['kafka.delivery.timeout'],
    guarantee: settings['kafka.processing.guarantee'],
    compression: settings['kafka.compression.type'],
    ssl: sslOf(settings, folder),
    sasl: saslOf(settings, folder),
  };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { brokers, ...given };
}

const sslNames = ['kafka.ssl.ca', 'kafka.ssl.cert', 'kafka.ssl.key', 'kafka.ssl.servername'] as const;

function sslOf(settings: Settings, folder: string): KafkaOptions['ssl'] {
  const protocol = settings['kafka.security.protocol'];
  const given = sslNames.find((name) => settings[name] !== undefined);
  const wanted = protocol === undefined ? given !== undefined : protocol.endsWith('SSL');
  if (!wanted) {
    if (given === undefined) return undefined;
    throw invalid(`kafka.security.protocol is ${protocol!}, and ${given} is set`, 'Use SSL or SASL_SSL.');
  }
  const [ca, cert, key] = [
    pem('kafka.ssl.ca', settings['kafka.ssl.ca'], folder),
    pem('kafka.ssl.cert', settings['kafka.ssl.cert'], folder),
    pem('kafka.ssl.key', settings['kafka.ssl.key'], folder),
  ];
  const passphrase = settings['kafka.ssl.key.password'];
  const servername = settings['kafka.ssl.servername'];
  const entries = Object.entries({ ca, cert, key, passphrase, servername });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function saslOf(settings: Settings, folder: string): KafkaSasl | undefined {
  const protocol = settings['kafka.security.protocol'];
  const username = settings['kafka.sasl.username'];
  const tokenFile = settings['kafka.sasl.token.file'];
  const chosen = settings['kafka.sasl.mechanism'];
  const given = chosen !== undefined || username !== undefined || tokenFile !== undefined;
  const wanted = protocol === undefined ? given : protocol.startsWith('SASL_');
  if (!wanted) {
    if (!given) return undefined;
    throw invalid(`kafka.security.protocol is ${protocol!}, and kafka.sasl is set`, 'Use SASL_SSL or SASL_PLAINTEXT.');
  }
  const mechanism = chosen ?? (tokenFile === undefined ? 'PLAIN' : 'OAUTHBEARER');
  if (mechanism === 'OAUTHBEARER') {
    if (tokenFile === undefined) throw invalid('OAUTHBEARER has no token', 'Name a file in kafka.sasl.token.file.');
    const path = resolve(folder, tokenFile);
    return { mechanism, token: async () => (await readFile(path, 'utf8')).trim() };
  }
  const password = settings['kafka.sasl.password'];
  if (username === undefined || password === undefined) {
    const missing = username === undefined ? 'kafka.sasl.username' : 'kafka.sasl.password';
    throw invalid(
      `${mechanism} needs ${missing}`,
      `Set it, or ${missing === 'kafka.sasl.password' ? 'KAFKA_SASL_PASSWORD' : 'KAFKA_SASL_USERNAME'}.`,
    );
  }
  return { mechanism, username, password };
}

function invalid(reason: string, remedy: string): StreamError {
  return new StreamError('CONFIG_INVALID', reason, { remedy });
}
