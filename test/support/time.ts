/** Milliseconds that this process has computed: unlike a clock's, they do not grow while others have the processor. */
export function processorTime(): number {
  return process.cpuUsage().user / 1000;
}
