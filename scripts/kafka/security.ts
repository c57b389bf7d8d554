/**
 * Users, passwords and certificates of a cluster with security. They protect nothing: everybody can read them here.
 *
 *   PLAINTEXT        everybody is ANONYMOUS, and may do everything (the brokers themselves and the tests' set-up)
 *   SASL_PLAINTEXT   PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER (unsigned tokens)
 *   SSL              with a client certificate the user is its name (alice), without one ANONYMOUS
 *   SASL_SSL         both
 *
 * `admin` may do everything, the other users what ACLs allow: nothing at first.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from './artifacts.ts';
import { findJava } from './java.ts';
import { runCommand } from './run-command.ts';
import type { BrokerPorts } from './cluster-plan.ts';
import { host } from './ports.ts';

export const users = { admin: 'admin-secret', alice: 'alice-secret', bob: 'bob-secret' } as const;
const password = 'millrace';

export interface ClusterSecurity {
  /** Bootstrap servers of each kind of listener. */
  readonly sasl: string;
  readonly tls: string;
  readonly saslTls: string;
  /** Passwords by user, the same for every SASL mechanism. */
  readonly users: typeof users;
  /** The certificate that clients trust, as PEM. */
  readonly ca: string;
  /** A client certificate of alice with its key, for tls.connect. */
  readonly client: { readonly pfx: Buffer; readonly passphrase: string };
  /** An unsigned token for OAUTHBEARER that is good for an hour. */
  token(user: string): string;
}

export function clusterSecurity(certificates: string, brokers: readonly BrokerPorts[]): ClusterSecurity {
  const servers = (kind: 'sasl' | 'tls' | 'saslTls'): string =>
    brokers.map((ports) => `${host}:${ports[kind]}`).join(',');
  return {
    sasl: servers('sasl'),
    tls: servers('tls'),
    saslTls: servers('saslTls'),
    users,
    ca: readFileSync(join(certificates, 'ca.pem'), 'utf8'),
    client: { pfx: readFileSync(join(certificates, 'alice.p12')), passphrase: password },
    token: unsignedToken,
  };
}

/** Lines of server.properties. */
export function securitySettings(certificates: string): Record<string, string> {
  const jaas = 'org.apache.kafka.common.security';
  const plainUsers = Object.entries(users).map(([user, secret]) => `user_${user}="${secret}"`);
  const settings: Record<string, string> = {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS;User:admin',
    'ssl.keystore.location': join(certificates, 'broker.p12'),
    'ssl.keystore.password': password,
    'ssl.keystore.type': 'PKCS12',
    'ssl.truststore.location': join(certificates, 'trust.p12'),
    'ssl.truststore.password': password,
    'ssl.truststore.type': 'PKCS12',
    'ssl.client.auth': 'requested',
    'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/,DEFAULT',
  };
  for (const listener of ['sasl_plaintext', 'sasl_ssl']) {
    const line = `listener.name.${listener}`;
    settings[`${line}.plain.sasl.jaas.config`] = `${jaas}.plain.PlainLoginModule required ${plainUsers.join(' ')};`;
    settings[`${line}.scram-sha-256.sasl.jaas.config`] = `${jaas}.scram.ScramLoginModule required;`;
    settings[`${line}.scram-sha-512.sasl.jaas.config`] = `${jaas}.scram.ScramLoginModule required;`;
    settings[`${line}.oauthbearer.sasl.jaas.config`] =
      `${jaas}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`;
  }
  return settings;
}

/** Arguments of Kafka's format tool. */
export function scramUsers(): string[] {
  return Object.entries(users).flatMap(([name, secret]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${secret}]`,
    ]),
  );
}

/** A folder with a certificate authority and what it signed: broker.p12, alice.p12, trust.p12, ca.pem. */
export function certificates(): Promise<string> {
  return once('certificates-1', async (folder) => {
    const java = findJava(17, 'keytool').command;
    const keytool = java.replace(/java$/, 'keytool');
    await makeCertificates((...args) =>
      runCommand(keytool, [...args, '-storepass', password, '-noprompt'], 'Install a whole JDK, with keytool.', {
        cwd: folder,
      }),
    );
  });
}

async function makeCertificates(keytool: (...args: string[]) => Promise<string>): Promise<void> {
  const pair = (store: string, name: string, ...more: string[]): Promise<string> =>
    keytool('-genkeypair', '-keystore', store, '-alias', 'key', '-dname', `CN=${name}`, '-keyalg', 'EC', ...more);
  const years = ['-validity', '36500'];
  await pair('ca.p12', 'millrace test CA', '-ext', 'bc:c', ...years);
  await keytool('-exportcert', '-rfc', '-keystore', 'ca.p12', '-alias', 'key', '-file', 'ca.pem');
  await keytool('-importcert', '-keystore', 'trust.p12', '-alias', 'ca', '-file', 'ca.pem');
  for (const [name, extension] of [
    ['broker', 'SAN=dns:localhost,ip:127.0.0.1'],
    ['alice', 'EKU=clientAuth'],
  ] as const) {
    const store = `${name}.p12`;
    await pair(store, name, ...years);
    await keytool('-certreq', '-keystore', store, '-alias', 'key', '-file', `${name}.csr`);
    const sign = ['-keystore', 'ca.p12', '-alias', 'key', '-infile', `${name}.csr`, '-outfile', `${name}.pem`];
    await keytool('-gencert', '-rfc', '-ext', extension, ...years, ...sign);
    await keytool('-importcert', '-keystore', store, '-alias', 'ca', '-file', 'ca.pem');
    await keytool('-importcert', '-keystore', store, '-alias', 'key', '-file', `${name}.pem`);
  }
}

function unsignedToken(user: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  return `${part({ alg: 'none' })}.${part({ sub: user, iat: now, exp: now + 3600 })}.`;
}
