/** tracefs, where the kernel describes its tracepoints and numbers them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where it is mounted: at its usual places, or wherever `/proc/mounts` says. */
export function tracefs(): string | undefined {
  const usual = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
  return [...usual, ...mounted()].find((one) => existsSync(join(one, "events")));
}

function mounted(): readonly string[] {
  try {
    return readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, place = "", type] = line.split(" ");
        return type === "tracefs" ? [place.replaceAll("\\040", " ")] : [];
      });
  } catch {
    return [];
  }
}

export const mountTracefs = "mount -t tracefs tracefs /sys/kernel/tracing";
