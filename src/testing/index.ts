// drivers
export { ManualClock } from './manual-clock.ts';
export { TopologyDriver } from './topology-driver.ts';
export type { DriverOptions } from './topology-driver.ts';
export type { DriverInput, SendOptions } from './driver/driver-input.ts';
export type { DriverOutput, OutputRecord } from './driver/driver-output.ts';

// the simulator
export { simulate } from './simulate.ts';
export type { SimulateOptions, SimulationReport } from './simulate.ts';
export type { LogShape, SimulatedInput } from './simulation/scenario.ts';
export type { OutputOrder } from './simulation/output-checker.ts';
