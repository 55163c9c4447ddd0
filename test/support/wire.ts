import { execFileSync, spawnSync } from "node:child_process";

/** Two network namespaces of the test's own with a wire between them: what one end sends, the other receives. */
export interface Wire {
  /** The namespace in which programs are attached, and its device and address. */
  readonly here: string;
  readonly device: string;
  readonly address: string;
  /** The namespace that sends. */
  readonly there: string;
  readonly farDevice: string;
  readonly farAddress: string;
  /** How many of `count` pings were answered. */
  ping(count: number, options?: PingOptions): number;
  remove(): void;
}

export interface PingOptions {
  readonly target?: string;
  /** Bytes after the ICMP header. */
  readonly size?: number;
}

let made = 0;

export function makeWire(): Wire {
  const id = `${process.pid}-${made++}`;
  const [here, there] = [`xdpl-a-${id}`, `xdpl-b-${id}`];
  const [device, farDevice] = ["near0", "far0"];
  const [address, farAddress] = ["10.99.0.1", "10.99.0.2"];
  const ip = (...words: string[]): string => execFileSync("ip", words, { encoding: "utf8" });
  const remove = (): void => {
    spawnSync("ip", ["netns", "del", here]);
    spawnSync("ip", ["netns", "del", there]);
  };
  try {
    ip("netns", "add", here);
    ip("netns", "add", there);
    ip("-n", here, "link", "add", device, "type", "veth", "peer", "name", farDevice, "netns", there);
    ip("-n", here, "addr", "add", `${address}/24`, "dev", device);
    ip("-n", there, "addr", "add", `${farAddress}/24`, "dev", farDevice);
    for (const [space, name] of [
      [here, device],
      [there, farDevice],
      [here, "lo"],
      [there, "lo"],
    ] as const)
      ip("-n", space, "link", "set", name, "up");
  } catch (failure) {
    remove();
    throw failure;
  }
  return {
    here,
    device,
    address,
    there,
    farDevice,
    farAddress,
    ping(count, { target = address, size = 56 } = {}) {
      const words = ["-n", "-q", "-i", "0.01", "-c", `${count}`, "-s", `${size}`, "-W", "1", target];
      const ran = spawnSync("ip", ["netns", "exec", there, "ping", ...words], { encoding: "utf8" });
      return Number(/(\d+) received/.exec(ran.stdout)?.[1] ?? 0);
    },
    remove,
  };
}

/** The program ids on a device, as the kernel tells `ip`. */
export function attachedTo(space: string, device: string): string | undefined {
  const shown = execFileSync("ip", ["-n", space, "-d", "link", "show", "dev", device], { encoding: "utf8" });
  return /prog\/xdp id (\d+)/.exec(shown)?.[1];
}
