import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCommand, type Command } from "../support/command.js";
import { bpffs, describeKernel } from "../support/kernel.js";
import { attachedTo, makeWire, type Wire } from "../support/wire.js";

/** Versions differ in their code, and in nothing that anybody could see from outside. */
const guard = (version: number): string => `
const hits = new PerCpuHash<u16, u64>(64);
const versions = new Counter<u32>(16);
xdp guard(pkt) {
  versions.add(${version});
  const udp = pkt.udp ?? return PASS;
  if (udp.dst != 9999) return PASS;
  hits[udp.dst] += 1;
  return DROP;
}
`;

describeKernel(
  "xdpl attach",
  () => {
    let command: Command;
    let wire: Wire;
    let scripts: string;
    const folder = join(bpffs, `xdpl-test-${process.pid}`);
    const root = join(folder, "xdpl");
    beforeAll(async () => {
      command = await makeCommand();
      wire = makeWire();
      scripts = mkdtempSync(join(tmpdir(), "xdpl-attach-"));
      writeFileSync(join(scripts, "guard.xdpl"), guard(1));
      writeFileSync(join(scripts, "guard2.xdpl"), guard(2));
    });
    afterAll(() => {
      command.run(["detach", "--all", "--folder", root]);
      rmSync(folder, { recursive: true, force: true });
      wire.remove();
      command.remove();
      rmSync(scripts, { recursive: true, force: true });
    });
    const xdpl = (...args: readonly string[]): ReturnType<Command["run"]> =>
      command.run([...args, "--folder", root], { cwd: scripts, space: wire.here });

    it("stays attached, is shown, and ends at once", () => {
      const attached = xdpl("attach", "guard.xdpl", "--dev", wire.device);
      expect([attached.status, attached.stdout]).toEqual([0, "guard: guard runs on device near0, native\n"]);
      expect(attachedTo(wire.here, wire.device)).toMatch(/^\d+$/);
      expect(wire.ping(3)).toBe(3);
      const status = xdpl("status", "guard");
      expect(status.stdout).toMatch(
        /^guard {2}guard\.xdpl, for \d+s\n {2}guard on device near0, native\n {2}maps: hits, versions\n[\s\S]*versions {2}Counter, 1 entry\n {2}1 {2}\d+\n/,
      );
      expect(JSON.parse(xdpl("status", "--json").stdout)).toMatchObject([
        {
          name: "guard",
          finished: true,
          links: [{ device: wire.device, mode: "native", state: "attached" }],
        },
      ]);
      expect(xdpl("detach", "gaurd").stderr).toMatch(/did you mean `guard`/);
      expect(xdpl("detach", "guard").stdout).toBe("guard: detached from device near0, native\n");
      expect(attachedTo(wire.here, wire.device)).toBeUndefined();
      expect(existsSync(root)).toBe(false);
      expect(xdpl("status").stdout).toBe("nothing is attached\n");
    });

    it("is replaced without a packet between, and its maps keep what they hold", async () => {
      expect(xdpl("attach", "guard.xdpl", "--dev", wire.device).status).toBe(0);
      // Listens where nothing must ever arrive, and counts.
      const inSpace = (space: string, code: string): ReturnType<typeof spawn> =>
        spawn("nsenter", [`--net=/run/netns/${space}`, process.execPath, "-e", code], {
          stdio: ["pipe", "pipe", "inherit"],
        });
      const listener = inSpace(
        wire.here,
        `let n = 0; const s = require("dgram").createSocket("udp4").on("message", () => n++).bind(9999, () => console.log("ready"));
         process.stdin.on("end", () => { console.log("got " + n); process.exit(); }).resume();`,
      );
      let heard = "";
      listener.stdout?.on("data", (text: Buffer) => (heard += text.toString()));
      while (!heard.includes("ready")) await new Promise((resolve) => setTimeout(resolve, 20));
      const sender = inSpace(
        wire.there,
        `let n = 0, on = true; const s = require("dgram").createSocket("udp4");
         const next = () => on && s.send("x", 9999, "${wire.address}", () => { n++; setImmediate(next); });
         process.stdin.on("end", () => { on = false; console.log(n); s.close(); }).resume(); next();`,
      );
      let sent = "";
      sender.stdout?.on("data", (text: Buffer) => (sent += text.toString()));
      const before = attachedTo(wire.here, wire.device);
      const ids = new Set([before]);
      for (let round = 0; round < 3; round++) {
        const again = xdpl(
          "attach",
          round % 2 ? "guard.xdpl" : "guard2.xdpl",
          "--name",
          "guard",
          "--dev",
          wire.device,
        );
        expect([again.status, again.stdout]).toEqual([0, "guard: guard now runs on device near0, native\n"]);
        ids.add(attachedTo(wire.here, wire.device));
      }
      sender.stdin?.end();
      await new Promise((resolve) => sender.on("close", resolve));
      listener.stdin?.end();
      await new Promise((resolve) => listener.on("close", resolve));
      expect(ids.size).toBe(4);
      expect(heard).toMatch(/got 0\n/);
      const shown = JSON.parse(xdpl("maps", "dump", "hits", "--json").stdout);
      expect(Number(sent)).toBeGreaterThan(1000);
      // Every single one was seen by one version or another.
      expect(shown.entries).toEqual([{ key: 9999, value: Number(sent), perCpu: expect.any(Array) }]);
      expect(xdpl("status", "guard").stdout).toMatch(/versions {2}Counter, 2 entries/);
      expect(xdpl("detach", "--dev", wire.device).status).toBe(0);
    });

    it("says so when a map is not what it was, and leaves all as it is", () => {
      xdpl("attach", "guard.xdpl", "--dev", wire.device);
      const id = attachedTo(wire.here, wire.device);
      writeFileSync(join(scripts, "other.xdpl"), guard(3).replace("u16, u64>(64)", "u16, u32>(64)"));
      const other = xdpl("attach", "other.xdpl", "--name", "guard", "--dev", wire.device);
      expect([other.status, other.stderr]).toEqual([
        3,
        expect.stringMatching(
          /the map `hits` is not what it was: the old one has values of 8 bytes, the script's have 4\n +begin with empty maps \(--fresh\)/,
        ),
      ]);
      expect(attachedTo(wire.here, wire.device)).toBe(id);
      const fresh = xdpl("attach", "other.xdpl", "--name", "guard", "--dev", wire.device, "--fresh");
      expect(fresh.status).toBe(0);
      expect(attachedTo(wire.here, wire.device)).not.toBe(id);
      expect(xdpl("maps", "dump", "guard/hits").stdout).toBe("hits  PerCpuHash, empty\n");
      expect(xdpl("detach", "--all").status).toBe(0);
    });

    it("leaves nothing when it fails half way: of two devices the second is taken", () => {
      spawnSync("ip", ["-n", wire.here, "link", "add", "taken0", "type", "veth", "peer", "name", "taken1"]);
      expect(xdpl("attach", "guard.xdpl", "--dev", "taken0", "--name", "first").status).toBe(0);
      const both = xdpl("attach", "guard.xdpl", "--dev", wire.device, "--dev", "taken0");
      expect([both.status, both.stderr]).toEqual([3, expect.stringMatching(/taken0 failed: EBUSY/)]);
      expect(attachedTo(wire.here, wire.device)).toBeUndefined();
      expect(readdirSync(root)).toEqual(["first"]);
      // A device that goes takes its link along.
      spawnSync("ip", ["-n", wire.here, "link", "del", "taken0"]);
      expect(xdpl("status").stdout).toMatch(/the device is gone/);
      expect(xdpl("detach", "first").status).toBe(0);
    });

    it("cleans up after an attach that was killed", () => {
      for (const one of [folder, root, join(root, "guard"), join(root, "guard", "maps")])
        spawnSync("mkdir", ["-p", one]);
      expect(xdpl("status").stdout).toMatch(/^guard {2}left by an attach that did not finish/);
      expect(xdpl("attach", "guard.xdpl", "--dev", wire.device).status).toBe(0);
      expect(xdpl("detach", "guard").status).toBe(0);
    });

    it("says what a folder has to be", () => {
      const wrong = command.run(
        ["attach", "guard.xdpl", "--dev", wire.device, "--folder", join(scripts, "pins")],
        {
          cwd: scripts,
          space: wire.here,
        },
      );
      expect([wrong.status, wrong.stderr]).toEqual([
        3,
        expect.stringMatching(/not on a BPF file system[\s\S]*mount -t bpf/),
      ]);
      expect(attachedTo(wire.here, wire.device)).toBeUndefined();
    });
  },
  { netns: true, bpffs: true },
);
