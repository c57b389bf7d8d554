import { defineTopology, string, topic, valueState } from '../../src/index.ts';

/** The name before the first colon. */
const userOf = (text: string): string => text.slice(0, text.indexOf(':'));

export const texts = topic('texts', string, { key: userOf });

export const keeping = defineTopology({
  name: 'keeping',
  build(t) {
    t.source('texts', texts)
      .keyedByRecordKey(userOf)
      .process('keep', {
        state: { newest: valueState(string) },
        output: string,
        onElement(text, ctx) {
          ctx.state.newest.set(text);
        },
      });
  },
});
