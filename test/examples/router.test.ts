import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { xdpContext } from "../../src/loader/index.js";
import { compileExample, root } from "../support/compile.js";
import { checksumProblems } from "../support/checksums.js";
import { compileC, describeKernel, hasTool } from "../support/kernel.js";
import {
  arp,
  ethernet,
  ipv4,
  ipv6,
  packet,
  tcp,
  text,
  udp,
  vlan,
  type Layer,
} from "../support/packets/index.js";

/*
 * A routing table of the test's own: a network namespace with two devices, forwarding on, and one neighbour on the far
 * side. bpftool runs the program in there, for the lookup asks the namespace of the device that the packet came from.
 */

const neighbour = "02:00:00:00:02:02";
const nearMac = "02:00:00:00:02:01";

const setUp = `
set -e
ip link set lo up
ip link add near type veth peer name nearpeer
ip link add far type veth peer name farpeer
ip link set far address ${nearMac}
for device in near nearpeer far farpeer; do ip link set $device up; done
ip addr add 10.0.0.1/24 dev near
ip addr add 10.0.1.1/24 dev far
ip -6 addr add 2001:db8:a::1/64 dev near nodad
ip -6 addr add 2001:db8:b::1/64 dev far nodad
ip neigh replace 10.0.1.2 lladdr ${neighbour} dev far nud permanent
ip -6 neigh replace 2001:db8:b::2 lladdr ${neighbour} dev far nud permanent
ip route add 203.0.113.0/24 via 10.0.1.2
ip -6 route add 2001:db8:c::/48 via 2001:db8:b::2
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
cat /sys/class/net/near/ifindex
`;

for (const [title, build] of builds()) {
  const tests = (): void => {
    let folder: string;
    let namespace: string;
    let ingress: number;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "xdpl-router-"));
      namespace = `xdpl-router-${process.pid}-${title.endsWith(".c") ? "c" : "x"}`;
      execFileSync("ip", ["netns", "add", namespace]);
      writeFileSync(join(folder, "router.o"), await build());
      ingress = Number(inside(setUp).trim());
    });
    afterAll(() => {
      execFileSync("ip", ["netns", "del", namespace]);
      rmSync(folder, { recursive: true, force: true });
    });

    function inside(script: string): string {
      return execFileSync("ip", ["netns", "exec", namespace, "sh", "-c", script], {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      });
    }

    /** The namespace has a mount table of its own: the pin disappears with the shell. */
    function run(...layers: readonly Layer[]): { verdict: number; before: Uint8Array; after: Uint8Array } {
      const before = packet(ethernet(), ...layers);
      writeFileSync(join(folder, "in"), before);
      writeFileSync(join(folder, "ctx"), xdpContext({ length: before.length, ingress }));
      const out = inside(`
        set -e
        mkdir -p bpf && mount -t bpf bpf bpf
        bpftool prog load router.o bpf/router >load.log 2>&1 || { cat load.log >&2; exit 1; }
        bpftool -j prog run pinned bpf/router data_in in data_out out ctx_in ctx`);
      const { retval } = JSON.parse(out) as { retval: number };
      return { verdict: retval, before, after: new Uint8Array(readFileSync(join(folder, "out"))) };
    }

    const [pass, redirect] = [2, 4];
    const forwarded = (...layers: readonly Layer[]): Uint8Array =>
      packet(ethernet({ src: nearMac, dst: neighbour }), ...layers);

    it("forwards IPv4 to the next hop", () => {
      const layers = (ttl: number): Layer[] => [
        ipv4({ src: "10.0.0.5", dst: "203.0.113.77", ttl }),
        udp(),
        text("hello"),
      ];
      const { verdict, after } = run(...layers(64));
      expect(verdict).toBe(redirect);
      expect(after).toEqual(forwarded(...layers(63)));
      expect(checksumProblems(after)).toEqual([]);
    });

    it("forwards IPv6 to the next hop", () => {
      const layers = (hopLimit: number): Layer[] => [
        ipv6({ src: "2001:db8:a::5", dst: "2001:db8:c::77", hopLimit }),
        tcp(),
      ];
      const { verdict, after } = run(...layers(2));
      expect(verdict).toBe(redirect);
      expect(after).toEqual(forwarded(...layers(1)));
    });

    it("leaves to the kernel what is for it, goes nowhere or ends here", () => {
      const others: readonly (readonly Layer[])[] = [
        [ipv4({ src: "10.0.0.5", dst: "10.0.0.1" }), udp()],
        [ipv4({ src: "10.0.0.5", dst: "198.18.0.1" }), udp()],
        [ipv4({ src: "10.0.0.5", dst: "10.0.1.99" }), udp()],
        [ipv4({ src: "10.0.0.5", dst: "203.0.113.77", ttl: 1 }), udp()],
        [ipv4({ src: "10.0.0.5", dst: "203.0.113.77", totalLength: 9000 }), udp()],
        [ipv6({ src: "2001:db8:a::5", dst: "2001:db8:d::1" }), udp()],
        [ipv6({ src: "2001:db8:a::5", dst: "2001:db8:c::77", hopLimit: 1 }), udp()],
        [vlan(4), arp()],
      ];
      for (const layers of others) {
        const { verdict, before, after } = run(...layers);
        expect(verdict).toBe(pass);
        expect(after).toEqual(before);
      }
    });
  };
  describeKernel(title, tests, { netns: true, clang: title.endsWith(".c") });
}

function builds(): readonly (readonly [title: string, build: () => Uint8Array | Promise<Uint8Array>])[] {
  if (!hasTool("bpftool")) return [];
  const twin = join(root, "bench/twins/router.c");
  return [
    ["examples/router.xdpl", () => compileExample("router")],
    ...(existsSync(twin)
      ? [
          [
            "bench/twins/router.c",
            () => compileC(readFileSync(twin, "utf8"), ["-I", join(root, "bench/twins")]),
          ] as const,
        ]
      : []),
  ];
}
