/**
 * Names become parts of topic names, row keys, metric labels and file names: letters, digits, '-', '_' and '.', up to
 * 100 characters, beginning with a letter or digit.
 */
const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Kafka's rule for topic names. */
const topicName = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

export const nameRemedy = "Use letters, digits, '-', '_' and '.', at most 100, beginning with a letter or digit.";

export function isName(text: unknown): boolean {
  return typeof text === 'string' && name.test(text);
}

export function isTopicName(text: unknown): boolean {
  return typeof text === 'string' && topicName.test(text);
}
