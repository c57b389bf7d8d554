/** The part of the settings table that is about the schema registry. */
import { z } from 'zod';
import { subjectStrategies } from '../../contracts/subject.ts';
import { setting, text } from './setting.ts';

const levels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;

export const registrySettings = {
  'registry.url': setting(text.optional(), "Schema registry with Confluent's API, for topics that are Avro.", {
    aliases: ['SCHEMA_REGISTRY_URL'],
    flag: { name: 'registry', value: 'URL' },
  }),
  'registry.username': setting(text.optional(), 'User of the registry.', { aliases: ['SCHEMA_REGISTRY_USERNAME'] }),
  'registry.password': setting(text.optional(), 'Password of the registry.', {
    aliases: ['SCHEMA_REGISTRY_PASSWORD'],
    secret: true,
  }),
  'registry.token': setting(text.optional(), 'Bearer token, instead of user and password.', { secret: true }),
  'registry.ca': setting(text.optional(), 'Certificates to trust: a PEM file, or its text. Default: those of Node.'),
  'registry.subjects': setting(
    z.enum(subjectStrategies).optional(),
    'Subjects are named after the topic, the record, or topicRecord: both. Default: topic.',
  ),
  'registry.compatibility': setting(
    z.enum(levels).optional(),
    'Level of new subjects, which others must have too. Default: that of the registry.',
  ),
  'registry.register': setting(z.boolean().optional(), 'Jobs register schemas that are not there. Default: true.'),
} as const;
