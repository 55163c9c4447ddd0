/** Network devices by name, with help for names that are none. */
import { readFileSync } from "node:fs";
import { didYouMean } from "../diagnostics/suggest.js";
import { enterNetworkNamespace, interfaceIndex, networkNamespaces, type Device } from "../loader/index.js";
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

/** Goes into a network namespace, for the rest of the command. */
function enter(name: string): void {
  const known = networkNamespaces();
  if (!name.includes("/") && known.length > 0 && !known.includes(name)) {
    const meant = didYouMean(name, known);
    throw usage(
      `there is no network namespace \`${name}\``,
      meant === undefined ? "`ip netns` lists those that have a name" : `did you mean \`${meant}\`?`,
    );
  }
  enterNetworkNamespace(name);
}

/** Looks devices up; throws with a suggestion when there is none of that name. */
export function devicesOf(names: readonly string[], netns?: string): readonly Device[] {
  if (netns !== undefined) enter(netns);
  const devices = [...new Set(names)].map((name): Device => {
    const index = interfaceIndex(name);
    if (index !== undefined) return { name, index, ...(netns === undefined ? {} : { netns }) };
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
