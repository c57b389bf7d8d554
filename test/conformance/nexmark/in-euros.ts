/** A price times 0.908, exactly, in thousandths: 73134520 is 66406144160. */
export function euroThousandths(price: number): number {
  return price * 908;
}

/** Thousandths as a decimal number: 66406144160 is `66406144.160`. */
export function decimal(thousandths: number): string {
  return `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, '0')}`;
}
