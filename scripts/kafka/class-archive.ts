import { join } from 'node:path';
import { brokerJava, kafkaVersion, once } from './artifacts.ts';
import { Cluster } from './cluster.ts';

/**
 * Arguments with which a broker's Java takes its classes from an archive instead of reading thousands of them from jars:
 * that is a third of the work of starting one. A broker is started and stopped once to write it; a Java that cannot use
 * the archive goes without.
 */
export async function classArchive(): Promise<string[]> {
  const file = 'classes.jsa';
  const folder = await once(`classes-${kafkaVersion}-java-${brokerJava().version}`, async (temporary) => {
    const options = [...quickStart, `-XX:ArchiveClassesAtExit=${join(temporary, file)}`];
    const cluster = await Cluster.create(join(temporary, 'cluster'), { javaOptions: options });
    try {
      await cluster.start();
      await cluster.brokers[0]!.stop(60_000);
    } finally {
      await cluster.remove();
    }
  });
  return [`-XX:SharedArchiveFile=${join(folder, file)}`];
}

/** For brokers that live for minutes: starting takes half the work, running takes more. */
export const quickStart = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
