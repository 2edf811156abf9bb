/**
 * One clock for all processes of this machine: the kernel's monotonic one, which nobody sets. Its beginning means nothing.
 */
const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds, with fractions. */
export function sharedNow(): number {
  return offset + performance.now();
}
