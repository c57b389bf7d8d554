/** What is where in a cluster at present. */
import { Kafka, logLevel } from 'kafkajs';
import { kafkaSettings } from '../../src/connectors/kafka/kafka-options.ts';
import {
  decodeHeartbeatResponse,
  encodeHeartbeatRequest,
  heartbeatApi,
} from '../../src/connectors/kafka/protocol/heartbeat.ts';
import { openKafkajsTransport } from '../../src/connectors/kafka/transport/kafkajs-transport.ts';
import { delay, systemClock, systemRandom } from '../../src/core/clock.ts';
import { runJava } from '../integration/support/java-program.ts';

export interface ClusterView {
  leader(topic: string, partition: number): Promise<number>;
  coordinator(type: 'group' | 'transaction', key: string): Promise<number>;
  activeController(): Promise<number>;
  /** Ids of a group's members; none while it is between two generations. */
  members(group: string): Promise<readonly string[]>;
  /** The generation of a member, found out by trying. Counts as a sign of its life. */
  generation(group: string, memberId: string): Promise<number>;
  /** Resolves when every partition has all its replicas in sync. */
  inSync(): Promise<void>;
  close(): Promise<void>;
}

export async function openClusterView(brokers: string): Promise<ClusterView> {
  const environment = { clock: systemClock, random: systemRandom };
  const transport = await openKafkajsTransport(kafkaSettings({ brokers, clientId: 'view' }), environment);
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING, retry: { retries: 20 } }).admin();
  await admin.connect();
  return {
    leader: async (topic, partition) => {
      transport.invalidate({ topic });
      return (await transport.leader(topic, partition)).leader;
    },
    coordinator: async (type, key) => {
      transport.invalidate({ coordinator: { type, key } });
      return await transport.coordinator(type, key);
    },
    activeController: async () => {
      // Metadata name any broker as controller: only the quorum knows.
      const lines = await runJava('org.apache.kafka.tools.MetadataQuorumCommand', [
        ...['--bootstrap-server', brokers],
        ...['describe', '--status'],
      ]);
      return Number(/^LeaderId:\s*(\d+)/m.exec(lines.join('\n'))![1]);
    },
    members: async (group) => {
      const { groups } = await admin.describeGroups([group]);
      return groups[0]?.state === 'Stable' ? groups[0].members.map(({ memberId }) => memberId) : [];
    },
    generation: async (group, memberId) => {
      const node = await transport.coordinator('group', group);
      for (let generation = 0; generation < 1_000; generation++) {
        const body = encodeHeartbeatRequest({ group, generation, memberId }, undefined);
        const { apiKey, version } = heartbeatApi;
        const code = decodeHeartbeatResponse(await transport.send(node, 'control', apiKey, version, body));
        if (code === 0) return generation;
      }
      return NaN;
    },
    inSync: async () => {
      for (;;) {
        const { topics } = await admin.fetchTopicMetadata();
        const all = topics.flatMap(({ partitions }) => partitions);
        if (all.every(({ isr, replicas }) => isr.length === replicas.length)) return;
        await delay(systemClock, 250);
      }
    },
    close: async () => {
      await admin.disconnect();
      await transport.close();
    },
  };
}
