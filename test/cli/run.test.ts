import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCommand, type Command } from "../support/command.js";
import { describeKernel } from "../support/kernel.js";
import { attachedTo, makeWire, type Wire } from "../support/wire.js";

const firewall = `
param dropPings = true;
const seen = new PerCpuHash<Ipv4Addr, u64>(64);
xdp firewall(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  seen[ip.src] += 1;
  if (pkt.icmp && dropPings) {
    print(\`ping from \${ip.src} of \${pkt.length}\`);
    return DROP;
  }
  return PASS;
}
`;

let command: Command;
let folder: string;
beforeAll(async () => {
  command = await makeCommand();
  folder = mkdtempSync(join(tmpdir(), "xdpl-run-"));
  writeFileSync(join(folder, "firewall.xdpl"), firewall);
});
afterAll(() => {
  command.remove();
  rmSync(folder, { recursive: true, force: true });
});

describeKernel(
  "xdpl run",
  () => {
    let wire: Wire;
    beforeAll(() => {
      wire = makeWire();
    });
    afterAll(() => wire.remove());
    const start = (...args: string[]): ReturnType<Command["start"]> =>
      command.start(["run", "firewall.xdpl", "--dev", wire.device, ...args], {
        cwd: folder,
        space: wire.here,
      });

    it("drops and passes as the script says, shows events and counters, and detaches at ^C", async () => {
      expect(wire.ping(3)).toBe(3);
      const run = start();
      await run.until(/firewall: attached to device near0, native/);
      expect(attachedTo(wire.here, wire.device)).toMatch(/^\d+$/);
      expect(wire.ping(5)).toBe(0);
      await run.until(/(ping from 10\.99\.0\.2 of 98\n){5}/);
      run.child.kill("SIGINT");
      expect(await run.end()).toBe(0);
      expect(attachedTo(wire.here, wire.device)).toBeUndefined();
      expect(run.stdout()).toMatch(/\nseen {2}PerCpuHash, 1 entry\n {2}10\.99\.0\.2 {2}5\n$/);
      expect(wire.ping(3)).toBe(3);
    });

    it("detaches however it ends: TERM, a closed terminal, kill -9", async () => {
      for (const signal of ["SIGTERM", "SIGHUP", "SIGKILL"] as const) {
        const run = start();
        await run.until(/attached to/);
        expect(attachedTo(wire.here, wire.device)).toMatch(/^\d+$/);
        run.child.kill(signal);
        expect(await run.end()).toBe(signal === "SIGKILL" ? "SIGKILL" : 0);
        expect(attachedTo(wire.here, wire.device)).toBeUndefined();
        expect(wire.ping(1)).toBe(1);
      }
    });

    it("detaches when nobody reads any more", async () => {
      const run = start();
      await run.until(/attached to/);
      run.child.stdout.destroy();
      wire.ping(3);
      await run.end();
      expect(attachedTo(wire.here, wire.device)).toBeUndefined();
    });

    it("ends after --duration, and speaks JSON, one value a line", async () => {
      const run = start("--json", "--duration", "1.5s", "--watch", "500ms", "--mode", "generic");
      await run.until(/"attached"/);
      wire.ping(4);
      expect(await run.end()).toBe(0);
      const lines = run
        .stdout()
        .trim()
        .split("\n")
        .map((line): { event: string; [rest: string]: unknown } => JSON.parse(line));
      expect(lines[0]).toEqual({
        event: "attached",
        links: [{ program: "firewall", place: "device near0, generic", remark: null }],
      });
      expect(lines.filter(({ event }) => event === "print")).toHaveLength(4);
      expect(lines.filter(({ event }) => event === "interval").length).toBeGreaterThan(0);
      expect(lines.at(-1)).toMatchObject({
        event: "end",
        maps: [{ name: "seen", entries: [{ key: "10.99.0.2", value: 4 }] }],
        lost: {},
      });
    });

    it("sets params, and watches with rates", async () => {
      const run = start("--set", "dropPings=false", "--watch", "200ms");
      await run.until(/attached to/);
      expect(wire.ping(5)).toBe(5);
      await run.until(/10\.99\.0\.2 +5 +\+\d+\/s/);
      run.child.kill("SIGINT");
      expect(await run.end()).toBe(0);
    });

    it("shows aggregations when asked and at the end, with bars that fit, and says what was lost", async () => {
      writeFileSync(
        join(folder, "measure.xdpl"),
        `const sizes = new Histogram();
         const keys = new Counter<u16>(2);
         xdp measure(pkt) {
           const icmp = pkt.icmp ?? return PASS;
           sizes.record(pkt.length);
           keys.add(icmp.checksum);
           if (icmp.type == 8 && pkt.length > 500) { sizes.print({ top: 5 }); sizes.clear(); print(\`cleared\`); }
           return PASS;
         }`,
      );
      const run = command.start(["run", "measure.xdpl", "--dev", wire.device], {
        cwd: folder,
        space: wire.here,
        env: { COLUMNS: "60" },
      });
      await run.until(/attached to/);
      wire.ping(6);
      wire.ping(1, { size: 1000 });
      await run.until(/cleared/);
      wire.ping(2);
      run.child.kill("SIGINT");
      expect(await run.end()).toBe(0);
      expect(run.stdout()).toMatch(
        /^sizes {2}Histogram, 7 values\n {2}\[64, 128\) +6 \|@+\|\n( {2}\[\d+, \w+\) +0 \| +\|\n){3} {2}\[1K, 2K\) +1 \|@+ +\|\ncleared\n/,
      );
      expect(run.stdout()).toMatch(/\nsizes {2}Histogram, 2 values\n {2}\[64, 128\) 2 \|@+\|\n/);
      for (const line of run.stdout().split("\n")) expect(line.length).toBeLessThanOrEqual(60);
      expect(run.stderr()).toMatch(/7 values were not recorded in `keys`: it is full of keys/);
    });

    it("says what is in the way: a busy device, a mode that the driver has not, a name that is none", async () => {
      const first = start();
      await first.until(/attached to/);
      const run = (...args: string[]): ReturnType<Command["run"]> =>
        command.run(["run", "firewall.xdpl", ...args], { cwd: folder, space: wire.here });
      const busy = run("--dev", wire.device);
      expect([busy.status, busy.stderr]).toEqual([
        3,
        expect.stringMatching(/near0 failed: EBUSY[\s\S]*xdpl status/),
      ]);
      first.child.kill("SIGINT");
      await first.end();
      const offload = run("--dev", wire.device, "--mode", "offload");
      expect([offload.status, offload.stderr]).toEqual([
        3,
        expect.stringMatching(/card of near0 runs no XDP[\s\S]*mode native or generic/),
      ]);
      const misspelt = run("--dev", "naer0");
      expect([misspelt.status, misspelt.stderr]).toEqual([
        2,
        expect.stringMatching(/no network device `naer0`[\s\S]*did you mean `near0`/),
      ]);
      const nowhere = command.run(["run", "firewall.xdpl", "--netns", `${wire.here}x`, "--dev", "near0"], {
        cwd: folder,
      });
      expect([nowhere.status, nowhere.stderr]).toEqual([
        2,
        expect.stringContaining(`did you mean \`${wire.here}\`?`),
      ]);
      const none = run();
      expect([none.status, none.stderr]).toEqual([2, expect.stringMatching(/which one\?[\s\S]*--dev/)]);
      expect(attachedTo(wire.here, wire.device)).toBeUndefined();
    });

    it("reaches into another network namespace", async () => {
      const words = ["run", "firewall.xdpl", "--netns", wire.here, "--dev", wire.device];
      const run = command.start(words, { cwd: folder });
      await run.until(new RegExp(`attached to device near0 in ${wire.here}, native`));
      expect(wire.ping(2)).toBe(0);
      run.child.kill("SIGINT");
      expect(await run.end()).toBe(0);
      expect(wire.ping(2)).toBe(2);
    });

    it("falls back to the generic mode where the driver has no XDP, and says so", async () => {
      const run = command.start(["run", "firewall.xdpl", "--dev", "lo", "--duration", "100ms"], {
        cwd: folder,
        space: wire.here,
      });
      expect(await run.end()).toBe(0);
      expect(run.stderr()).toMatch(/device lo, generic\n +the driver of lo runs no XDP program itself/);
    });
  },
  { netns: true },
);

describe("xdpl run without the kernel's help", () => {
  it.skipIf(process.getuid?.() !== 0)("says which privileges are missing, and is 3", () => {
    const script = "xdp f(pkt) { return PASS; }";
    for (const words of [
      ["run", "-e", script, "--dev", "lo"],
      ["attach", "-e", script, "--dev", "lo", "--name", "xdpl_test_powerless"],
    ]) {
      const ran = command.run(words, { powerless: true, cwd: "/" });
      expect([words[0], ran.status, ran.stderr]).toEqual([
        words[0],
        3,
        expect.stringMatching(/^xdpl: .*(?:EPERM|not permitted).*\n +run as root \(sudo\)/),
      ]);
    }
  });

  it("wants durations that are ones", () => {
    const ran = command.run(["run", "firewall.xdpl", "--duration", "soon"], { cwd: folder });
    expect([ran.status, ran.stderr]).toEqual([
      2,
      expect.stringMatching(/--duration takes a duration, not `soon`/),
    ]);
  });
});
