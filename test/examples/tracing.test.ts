/** The tracing tools, each run while something is done whose traces are known. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  mkdtempSync,
  statfsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeKernel, hasTool } from "../support/kernel.js";
import { root } from "../support/compile.js";
import { trace, type Traced } from "../support/tracing.js";

const me = process.pid;
const folder = join(root, "examples/tracing");

interface Run {
  readonly only?: true;
  /** Programs and files that this machine may lack. */
  readonly needs?: readonly string[];
  readonly action: () => void | Promise<void>;
  readonly expected: (told: Traced) => void;
}

const lines = ({ lines: all }: Traced, pattern: RegExp): readonly string[] =>
  all.filter((one) => pattern.test(one));

/** All that a histogram, or a counter, has counted: of one key when it is given. */
function total({ maps }: Traced, name: string, key?: string): bigint {
  const map = maps.find((one) => one.name === name);
  const entries = (map?.entries ?? []).filter((one) => key === undefined || text(one.key) === key);
  return entries.reduce((sum, { value }) => sum + numberOf(value), 0n);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}

function numberOf(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return BigInt(value);
  if (typeof value === "object" && value !== null && "count" in value) return numberOf(value.count);
  if (typeof value === "object" && value !== null && "buckets" in value && Array.isArray(value.buckets))
    return value.buckets.reduce((sum: bigint, one: unknown) => sum + numberOf(one), 0n);
  return 0n;
}

async function connections(times: number): Promise<number> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  for (let i = 0; i < times; i++) {
    const child = spawnSync("/bin/bash", ["-c", `exec 3<>/dev/tcp/127.0.0.1/${port}`]);
    expect(child.status).toBe(0);
  }
  // Time to take them, and to see their ends.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** File systems in memory, and layers over others: writing to them is no block I/O of the writer. */
const memoryFileSystems: readonly number[] = [0x0102_1994, 0x8584_58f6, 0x794c_7630];

/** A folder on a disk; none where all is in memory. */
const disk = [tmpdir(), join(import.meta.dirname, "../../node_modules")].find(
  (folder) => !memoryFileSystems.includes(statfsSync(folder).type),
);

/** What tests of the disk need: no tool is called so. */
const aDisk = disk === undefined ? ["a disk"] : [];

function temporary(name: string): string {
  return mkdtempSync(join(disk ?? tmpdir(), `xdpl-${name}-`));
}

function writeDirectly(): void {
  const place = temporary("io");
  try {
    const out = join(place, "data");
    const args = ["if=/dev/zero", `of=${out}`, "bs=64k", "count=4", "oflag=direct"];
    execFileSync("dd", args, { stdio: "ignore" });
  } finally {
    rmSync(place, { recursive: true });
  }
}

let port = 0;
const runs: Readonly<Record<string, Run>> = {
  execsnoop: {
    action: () => {
      for (let i = 0; i < 3; i++) execFileSync("/bin/true");
    },
    expected: (told) => expect(lines(told, new RegExp(`^\\d+ ${me} true /bin/true$`))).toHaveLength(3),
  },
  opensnoop: {
    only: true,
    action: () => {
      for (let i = 0; i < 4; i++) closeSync(openSync("/etc/hostname", "r"));
      expect(existsSync("/etc/hostname/nothing")).toBe(false);
      expect(() => openSync("/no/such/file", "r")).toThrow();
    },
    expected: (told) => {
      expect(lines(told, /fd \d+ error 0 \/etc\/hostname$/)).toHaveLength(4);
      expect(lines(told, /fd -1 error 2 \/no\/such\/file$/)).toHaveLength(1);
    },
  },
  statsnoop: {
    only: true,
    action: () => {
      for (let i = 0; i < 3; i++) statSync("/etc/hostname");
      expect(() => statSync("/no/such/file")).toThrow();
    },
    expected: (told) => {
      expect(lines(told, /error 0 \/etc\/hostname$/)).toHaveLength(3);
      expect(lines(told, /error 2 \/no\/such\/file$/)).toHaveLength(1);
    },
  },
  killsnoop: {
    action: () => {
      for (let i = 0; i < 3; i++) process.kill(me, 0);
    },
    expected: (told) =>
      expect(lines(told, new RegExp(`^${me} .* signal 0 to ${me} result 0$`))).toHaveLength(3),
  },
  syncsnoop: {
    action: () => {
      const place = temporary("sync");
      const file = openSync(join(place, "data"), "w");
      for (let i = 0; i < 2; i++) fsyncSync(file);
      for (let i = 0; i < 3; i++) fdatasyncSync(file);
      closeSync(file);
      rmSync(place, { recursive: true });
    },
    expected: (told) => {
      expect(lines(told, new RegExp(`^${me} .* fsync$`))).toHaveLength(2);
      expect(lines(told, new RegExp(`^${me} .* fdatasync$`))).toHaveLength(3);
    },
  },
  setuids: {
    needs: ["setpriv"],
    action: () => void execFileSync("setpriv", ["--reuid=65534", "true"]),
    expected: (told) =>
      expect(lines(told, /setpriv uid \d+ setresuid 65534 result 0$/).length).toBeGreaterThan(0),
  },
  naptime: {
    action: () => {
      for (let i = 0; i < 2; i++) execFileSync("sleep", ["0.017"]);
    },
    expected: (told) => expect(lines(told, / sleep \d+ sleeps 0 s 17 ms$/)).toHaveLength(2),
  },
  syscount: {
    only: true,
    action: () => {
      for (let i = 0; i < 5; i++) process.kill(me, 0);
    },
    // kill(2)
    expected: (told) => expect(total(told, "byCall", process.arch === "arm64" ? "129" : "62")).toBe(5n),
  },
  pidpersec: {
    action: () => {
      for (let i = 0; i < 3; i++) execFileSync("/bin/true");
    },
    expected: (told) => expect(total(told, "created")).toBeGreaterThanOrEqual(3n),
  },
  biolatency: {
    needs: ["dd", ...aDisk],
    action: writeDirectly,
    expected: (told) => expect(total(told, "microseconds")).toBeGreaterThanOrEqual(4n),
  },
  biosnoop: {
    needs: ["dd", ...aDisk],
    action: writeDirectly,
    expected: (told) => {
      // A request that waits for the queue is issued by a worker of the kernel's, and one may be split.
      const requests = lines(told, /^\S.* \d+ device .* W.* sector \d+ bytes \d+ us \d+$/);
      const bytes = requests.map((one) => Number(/ bytes (\d+) us /.exec(one)?.[1]));
      expect(bytes.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(4 * 65_536);
      expect(lines(told, /^dd \d+ device \d+:\d+ W/).length).toBeGreaterThan(0);
    },
  },
  biostacks: {
    needs: ["dd", ...aDisk],
    action: writeDirectly,
    expected: (told) => {
      expect(total(told, "microseconds")).toBeGreaterThanOrEqual(4n);
      const keys = told.maps
        .find(({ name }) => name === "microseconds")
        ?.entries.map(({ key }) => String(key));
      expect(keys?.some((key) => /submit_bio/.test(key) && /vfs_write|ksys_write/.test(key))).toBe(true);
    },
  },
  bitesize: {
    needs: ["dd", ...aDisk],
    action: writeDirectly,
    expected: (told) => {
      // As above: a worker of the kernel's may issue some of the four.
      expect(total(told, "bytes", "dd")).toBeGreaterThan(0n);
      expect(total(told, "bytes")).toBeGreaterThanOrEqual(4n);
    },
  },
  runqlat: {
    action: () => void execFileSync("/bin/true"),
    expected: (told) => expect(total(told, "microseconds")).toBeGreaterThan(0n),
  },
  runqlen: {
    action: () => new Promise((resolve) => setTimeout(resolve, 300)),
    expected: (told) => expect(total(told, "waiting")).toBeGreaterThan(0n),
  },
  cpuwalk: {
    action: () => {
      const { user } = process.cpuUsage();
      while (process.cpuUsage().user < user + 100_000);
    },
    expected: (told) => expect(total(told, "busy")).toBeGreaterThan(2n),
  },
  writeback: {
    needs: ["dd", "sync", ...aDisk],
    action: () => {
      const place = temporary("writeback");
      execFileSync("dd", ["if=/dev/zero", `of=${join(place, "data")}`, "bs=64k", "count=64"], {
        stdio: "ignore",
      });
      execFileSync("sync", ["-f", place]);
      rmSync(place, { recursive: true });
    },
    expected: (told) => expect(lines(told, / pages \d+ reason \d+ us \d+$/).length).toBeGreaterThan(0),
  },
  bashreadline: {
    needs: ["script", "/bin/bash"],
    action: () => {
      spawnSync("script", ["-qc", "/bin/bash --norc -i", "/dev/null"], {
        input: "echo one\necho two\nexit\n",
        timeout: 10_000,
      });
    },
    expected: (told) => {
      expect(lines(told, /^\d+ echo one$/)).toHaveLength(1);
      expect(lines(told, /^\d+ echo two$/)).toHaveLength(1);
    },
  },
  gethostlatency: {
    needs: ["getent"],
    action: () => void execFileSync("getent", ["ahosts", "localhost"]),
    expected: (told) =>
      expect(lines(told, /^\d+ getent localhost us \d+ result 0$/).length).toBeGreaterThan(0),
  },
  threadsnoop: {
    action: () => void execFileSync(process.execPath, ["-e", "0"]),
    expected: (told) => expect(lines(told, /^\d+ node starts \d+$/).length).toBeGreaterThan(3),
  },
  sslsnoop: {
    needs: ["openssl", "/usr/lib/x86_64-linux-gnu/libssl.so.3"],
    // Nothing listens: the library is loaded, and the probes are attached.
    action: () => void spawnSync("openssl", ["s_client", "-connect", "127.0.0.1:1"], { timeout: 5000 }),
    expected: (told) => expect(total(told, "reads")).toBe(0n),
  },
  tcpconnect: {
    action: async () => void (port = await connections(3)),
    expected: (told) => expect(lines(told, new RegExp(`^\\d+ bash 127.0.0.1:${port}$`))).toHaveLength(3),
  },
  tcpaccept: {
    action: async () => void (port = await connections(3)),
    expected: (told) => expect(lines(told, new RegExp(`^127.0.0.1:\\d+ to port ${port}$`))).toHaveLength(3),
  },
  tcplife: {
    action: async () => void (port = await connections(3)),
    expected: (told) =>
      expect(
        lines(told, new RegExp(`^127.0.0.1:\\d+ 127.0.0.1:${port} ms \\d+$`)).length,
      ).toBeGreaterThanOrEqual(3),
  },
};

/** Run in a virtual machine (test/kernels), or where packets are lost (below). */
const elsewhere = ["capable", "oomkill", "vfsstat", "tcpdrop", "tcpretrans"];

function missing(needs: readonly string[]): boolean {
  return needs.some((one) => (one.startsWith("/") ? !existsSync(one) : !hasTool(one)));
}

async function run(name: string, { only, action }: Run): Promise<Traced> {
  const script = readFileSync(join(folder, `${name}.xdpl`), "utf8");
  return trace(only ? script.replace("param only: u32 = 0;", `param only: u32 = ${me};`) : script, action);
}

describeKernel("the tracing tools", () => {
  it("are all here", () => {
    const names = readdirSync(folder).map((one) => one.replace(/\.xdpl$/, ""));
    expect(names.toSorted()).toEqual([...Object.keys(runs), ...elsewhere].toSorted());
  });

  for (const [name, one] of Object.entries(runs)) {
    it.skipIf(missing(one.needs ?? []))(name, async () => one.expected(await run(name, one)));
  }
});

describeKernel(
  "the tracing tools, where packets are lost",
  () => {
    const space = `xdpl-lost-${me}`;
    beforeAll(() => {
      const ip = (...args: readonly string[]): void => void execFileSync("ip", args);
      ip("netns", "add", space);
      ip("-n", space, "link", "add", "v0", "type", "veth", "peer", "name", "v1");
      for (const one of ["v0", "v1"]) ip("-n", space, "link", "set", one, "up");
      ip("-n", space, "addr", "add", "10.9.0.1/24", "dev", "v0");
      // Frames to this neighbour go nowhere.
      ip("-n", space, "neigh", "add", "10.9.0.2", "lladdr", "02:00:00:00:00:02", "dev", "v0");
    });
    afterAll(() => {
      execFileSync("ip", ["netns", "del", space]);
    });
    const connect = (address: string, seconds: string): void => {
      const command = `exec 3<>/dev/tcp/${address}/80`;
      spawnSync("ip", ["netns", "exec", space, "timeout", seconds, "/bin/bash", "-c", command]);
    };

    it("tcpretrans: a segment that nobody acknowledges", async () => {
      const told = await run("tcpretrans", { action: () => connect("10.9.0.2", "2"), expected: () => {} });
      expect(lines(told, /^10\.9\.0\.1:\d+ 10\.9\.0\.2:80 state 2$/).length).toBeGreaterThan(0);
    });

    it("tcpdrop: packets to a neighbour that does not answer", async () => {
      const told = await run("tcpdrop", { action: () => connect("10.9.0.3", "5"), expected: () => {} });
      expect(
        lines(told, /^10\.9\.0\.1:\d+ 10\.9\.0\.3:80 state 2 reason \d+ at \d+$/).length,
      ).toBeGreaterThan(0);
    });
  },
  { netns: true },
);
