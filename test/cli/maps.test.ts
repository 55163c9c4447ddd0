import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCommand, type Command } from "../support/command.js";
import { bpffs, describeKernel } from "../support/kernel.js";
import { makeWire, type Wire } from "../support/wire.js";

const script = `
struct Bucket { tokens: u64; refilled: u64; owner: string<8>; }
struct Flow { src: Ipv4Addr; port: u16; }
enum Level: u8 { LOW, HIGH }
const blocked = new LpmTrie<Ipv4Addr, u64>(100);
const buckets = new Hash<Ipv4Addr, Bucket>(2);
const flows = new Hash<Flow, Level>(100);
const aVeryLongNameOfAMap = new PerCpuHash<MacAddr, u32>(100);
const table = new Array<i32>(4);
const sizes = new Histogram<Ipv4Addr>();
xdp filter(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  sizes.record(ip.src, pkt.length);
  aVeryLongNameOfAMap[pkt.eth.src] += 1;
  const flow = flows.get({ src: ip.src, port: 7 });
  table[flow == HIGH ? 1 : 0] += 1;
  const bucket = buckets.get(ip.src);
  if (bucket && bucket.tokens == 0) return DROP;
  if (ip.src in blocked) {
    blocked[ip.src] += 1;
    return DROP;
  }
  return PASS;
}
`;

describeKernel(
  "xdpl maps",
  () => {
    let command: Command;
    let wire: Wire;
    let scripts: string;
    const root = join(bpffs, `xdpl-maps-${process.pid}`);
    const run = (...args: readonly string[]): ReturnType<Command["run"]> =>
      command.run([...args, "--folder", root], { cwd: scripts, space: wire.here });
    const maps = (...args: readonly string[]): ReturnType<Command["run"]> => run("maps", ...args);
    beforeAll(async () => {
      command = await makeCommand();
      wire = makeWire();
      scripts = mkdtempSync(join(tmpdir(), "xdpl-maps-"));
      writeFileSync(join(scripts, "filter.xdpl"), script);
      expect(run("attach", "filter.xdpl", "--dev", wire.device).status).toBe(0);
    });
    afterAll(() => {
      run("detach", "--all");
      wire.remove();
      command.remove();
      rmSync(scripts, { recursive: true, force: true });
    });

    it("changes what the running program does", () => {
      expect(wire.ping(2)).toBe(2);
      const set = maps("set", "blocked", "10.99.0.0/24", "0");
      expect([set.status, set.stdout]).toEqual([0, "blocked[10.99.0.0/24] = 0\n"]);
      expect(wire.ping(3)).toBe(0);
      expect(maps("get", "blocked", "10.99.0.0/24").stdout).toBe("3\n");
      expect(maps("delete", "blocked", "10.99.0.0/24").status).toBe(0);
      expect(wire.ping(2)).toBe(2);
      const gone = maps("delete", "blocked", "10.99.0.0/24");
      expect([gone.status, gone.stderr]).toEqual([1, "xdpl: `blocked` has no entry 10.99.0.0/24\n"]);
    });

    it("reads and writes structs, as values and as keys, strings, enums and signed numbers", () => {
      maps("set", "buckets", "10.0.0.1", '{ tokens: 5, refilled: 1_000, owner: "ann, b" }');
      expect(maps("get", "buckets", "10.0.0.1").stdout).toBe(
        "{ tokens: 5, refilled: 1000, owner: ann, b }\n",
      );
      maps("set", "buckets", "10.0.0.1", "tokens=7", "owner=eve");
      expect(maps("get", "buckets", "10.0.0.1").stdout).toBe("{ tokens: 7, refilled: 1000, owner: eve }\n");
      maps("set", "filter/flows", "{ src: 10.99.0.2, port: 7 }", "HIGH");
      expect(maps("dump", "flows").stdout).toBe(
        "flows  Hash, 1 entry\n  { src: 10.99.0.2, port: 7 }  HIGH\n",
      );
      wire.ping(1);
      expect(Number(maps("get", "table", "1").stdout)).toBeGreaterThan(0);
      maps("set", "table", "3", "-9");
      expect(JSON.parse(maps("get", "table", "3", "--json").stdout)).toEqual({ key: 3, value: -9 });
      maps("set", "buckets", "10.0.0.2", "tokens=1");
      const full = maps("set", "buckets", "10.0.0.3", "tokens=1");
      expect([full.status, full.stderr]).toEqual([
        3,
        expect.stringMatching(/`buckets` is full: it has 2 entries/),
      ]);
    });

    it("adds the CPUs up, shows each when asked, and draws histograms", () => {
      const mac = "02:00:00:00:00:01";
      maps("set", "aVeryLongNameOfAMap", mac, "41");
      expect(maps("get", "aVeryLongNameOfAMap", mac).stdout).toBe("41\n");
      expect(maps("get", "aVeryLongNameOfAMap", mac, "--per-cpu").stdout).toMatch(/^41\nCPU 0 {2}41\n/);
      wire.ping(2);
      expect(maps("dump", "sizes").stdout).toMatch(
        /^sizes {2}Histogram, 1 entry\n {2}10\.99\.0\.2 {2}\d+ values\n {4}\[64, 128\) \d+ \|@+\|\n$/,
      );
      const written = maps("set", "sizes", "10.0.0.1", "3");
      expect([written.status, written.stderr]).toEqual([2, expect.stringMatching(/only programs write it/)]);
      maps("clear", "sizes");
      expect(maps("dump", "sizes").stdout).toBe("sizes  Histogram, empty\n");
      expect(maps("list").stdout).toMatch(/^filter\/aVeryLongNameOfAMap +PerCpuHash, room for 100\n/);
    });

    it("helps with names, keys and values that are none", () => {
      for (const [args, says] of [
        [["get", "blokced", "1"], /no attached script has a map `blokced`\n +did you mean `blocked`\?/],
        [["get", "blocked", "10.0.0"], /the key `10\.0\.0` can't be read: `10\.0\.0` is not an IPv4 address/],
        [["set", "blocked", "10.0.0.0/33", "0"], /a prefix length is 0 to 32/],
        [
          ["set", "blocked", "10.0.0.1", "much"],
          /the value `much` can't be read: `much` is not a whole number/,
        ],
        [
          ["set", "buckets", "10.0.0.1", "coins=1"],
          /Bucket has no field `coins`, it has tokens, refilled, owner/,
        ],
        [
          ["set", "buckets", "10.0.0.1", "5"],
          /`5` is not a field of Bucket and its value; write \{ tokens: … \}/,
        ],
        [["set", "flows", "src=1.2.3.4", "MIDDLE"], /`MIDDLE` is not a member of Level: LOW, HIGH/],
        [["delete", "table", "1"], /entries of the array `table` can't be deleted/],
      ] as const) {
        const ran = maps(...args);
        expect([args.join(" "), ran.status, ran.stderr]).toEqual([
          args.join(" "),
          2,
          expect.stringMatching(says),
        ]);
      }
    });

    it("watches, and finds maps that a run pinned", async () => {
      const watch = command.start(["maps", "watch", "table", "--interval", "200ms", "--folder", root]);
      await watch.until(/table {2}Array/);
      wire.ping(3);
      await watch.until(/\+[\d.]+\/s/);
      watch.child.kill("SIGINT");
      expect(await watch.end()).toBe(0);
      const pins = join(root, "kept");
      run("detach", "--all");
      const kept = ["run", "filter.xdpl", "--dev", wire.device, "--pin", pins, "--duration", "1s"];
      const first = command.start(kept, { cwd: scripts, space: wire.here });
      await first.until(/attached to/);
      wire.ping(2);
      await first.end();
      const path = join(pins, "table");
      const before = Number(JSON.parse(command.run(["maps", "get", path, "0", "--json"]).stdout).value);
      expect(before).toBeGreaterThanOrEqual(2);
      // The next run takes the maps up again.
      const second = command.start(kept, { cwd: scripts, space: wire.here });
      await second.until(/attached to/);
      wire.ping(2);
      await second.end();
      expect(Number(command.run(["maps", "get", path, "0"]).stdout)).toBeGreaterThanOrEqual(before + 2);
      writeFileSync(join(scripts, "wider.xdpl"), script.replace("Array<i32>(4)", "Array<i64>(4)"));
      const wider = command.run(["run", "wider.xdpl", "--dev", wire.device, "--pin", pins], {
        cwd: scripts,
        space: wire.here,
      });
      expect([wider.status, wider.stderr]).toEqual([
        3,
        expect.stringMatching(
          /the map `table` is pinned already[\s\S]*has values of 4 bytes, the script's have 8; remove it/,
        ),
      ]);
      rmSync(pins, { recursive: true, force: true });
    });
  },
  { netns: true, bpffs: true },
);
