import { expect, test } from 'vitest';
import sensors from '../../examples/sensors.ts';
import { describe } from '../../src/plan/describe.ts';
import { describeText } from '../../src/plan/describe-text.ts';
import { makePlan } from '../../src/plan/make-plan.ts';

test('the example of docs/streams.md has the sub-topologies that one expects', () => {
  const text = describeText(describe(makePlan(sensors.build())));
  expect(text.slice(text.indexOf('sub-topology'), text.indexOf('\ntopics'))).toBe(`sub-topology readings
  source readings  [from topic readings; Reading v1; on error deadLetter]
  ├─ split readings/broken-1  [Reading v1]
  │  └─ sink broken  [to topic broken-sensors]
  └─ split readings/good-1  [Reading v1]
     └─ exchange sensors-place-readings-repartition => place

sub-topology rooms
  source rooms  [from topic rooms; Room v1; on error deadLetter]
  └─ exchange sensors-place-rooms-repartition => place

sub-topology place, stateful
  exchange sensors-place-readings-repartition
  └─ process place  [Placed v1; state room (value); side outputs homeless]
     ├─ sideOutput place/homeless-1  [Reading v1]
     │  └─ sink homeless  [to topic homeless-sensors]
     └─ process check  [Placed v1; state limits (broadcast)]
        └─ sink warm  [to topic warm-rooms]
  exchange sensors-place-rooms-repartition
  └─ place (above)
  source limits  [from topic limits; Limit v1; on error deadLetter]
  └─ check (above)
`);
});
