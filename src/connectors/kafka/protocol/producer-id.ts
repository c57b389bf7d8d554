/** Who a broker knows a producer as. A later epoch of the same id fences the earlier one. */
export interface ProducerId {
  readonly producerId: number;
  readonly producerEpoch: number;
}
