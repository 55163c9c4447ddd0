/** Network devices by name, with help for names that are none. */
import { readFileSync } from "node:fs";
import { didYouMean } from "../diagnostics/suggest.js";
import { interfaceIndex, type Device } from "../loader/index.js";
import { usage } from "./failure.js";

/** The devices of this network namespace; none where the kernel does not tell. */
function deviceNames(): readonly string[] {
  try {
    return readFileSync("/proc/self/net/dev", "utf8")
      .split("\n")
      .slice(2)
      .map((line) => line.split(":")[0]?.trim() ?? "")
      .filter((name) => name !== "");
  } catch {
    return [];
  }
}

/** Looks devices up; throws with a suggestion when there is none of that name. */
export function devicesOf(names: readonly string[]): readonly Device[] {
  const devices = [...new Set(names)].map((name): Device => {
    const index = interfaceIndex(name);
    if (index !== undefined) return { name, index };
    const all = deviceNames();
    const meant = didYouMean(name, all);
    throw usage(
      `there is no network device \`${name}\` here`,
      meant !== undefined
        ? `did you mean \`${meant}\`?`
        : all.length === 0
          ? "`ip link` lists the devices of this network namespace"
          : `this network namespace has ${all
              .slice(0, 12)
              .map((one) => `\`${one}\``)
              .join(", ")}${all.length > 12 ? ", …" : ""}`,
    );
  });
  return devices;
}
