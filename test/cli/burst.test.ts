import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { interfaceIndex, openObject } from "../../src/loader/index.js";
import { addressOf, libbpf } from "../../src/loader/library.js";
import { compileScript } from "../support/compile.js";
import { makeCommand, type Command } from "../support/command.js";
import { describeKernel, inNetns } from "../support/kernel.js";
import { makeWire, type Wire } from "../support/wire.js";

/** BPF_F_TEST_XDP_LIVE_FRAMES (5.18): the kernel sends what the program redirects, at millions a second. */
const liveFrames = 2;

/** Sends `count` frames out of a device of the namespace, as fast as the kernel can; false where it can't. */
async function flood(space: string, device: string, count: number): Promise<boolean> {
  const object = await compileScript(`param out: u32 = 0; xdp send(pkt) { return redirect(out); }`);
  return inNetns(space, () => {
    const opened = openObject(object);
    opened.setData(".rodata", 0, new Uint8Array(Uint32Array.of(interfaceIndex(device) ?? 0).buffer));
    const loaded = opened.load();
    if (loaded.kind === "rejected") throw new Error(loaded.log);
    using sender = loaded.object;
    const frame = Buffer.alloc(64);
    frame.fill(0xff, 0, 6);
    frame.writeUInt16BE(0x88b5, 12);
    const options = Buffer.alloc(80);
    options.writeBigUInt64LE(80n, 0);
    options.writeBigUInt64LE(addressOf(frame), 8);
    options.writeUInt32LE(frame.length, 24);
    options.writeUInt32LE(count, 60);
    options.writeUInt32LE(liveFrames, 68);
    return libbpf().test_run(sender.program("send").fd, options) === 0;
  });
}

describeKernel(
  "a million events in a burst",
  () => {
    let command: Command;
    let wire: Wire;
    let folder: string;
    beforeAll(async () => {
      command = await makeCommand();
      wire = makeWire();
      folder = mkdtempSync(join(tmpdir(), "xdpl-burst-"));
      writeFileSync(
        join(folder, "burst.xdpl"),
        `struct Seen { at: u64; length: u32; queue: u32; }
         const seen = new RingBuffer<Seen>(4MiB);
         const packets = new Counter();
         xdp burst(pkt) {
           if (pkt.eth.type != 0x88b5) return PASS;
           packets.add();
           seen.emit({ at: now(), length: pkt.length, queue: pkt.queue });
           return DROP;
         }`,
      );
    });
    afterAll(() => {
      wire.remove();
      command.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    it("is read, and what could not be is counted: nothing is lost unsaid", async (context) => {
      const run = command.start(["run", "burst.xdpl", "--dev", wire.device, "--json"], {
        cwd: folder,
        space: wire.here,
      });
      await run.until(/"attached"/);
      if (!(await flood(wire.there, wire.farDevice, 1_000_000))) {
        run.child.kill("SIGINT");
        await run.end();
        context.skip("this kernel has no live frames (5.18)");
      }
      run.child.kill("SIGINT");
      expect(await run.end()).toBe(0);
      const lines = run.stdout().trimEnd().split("\n");
      const end = JSON.parse(lines.at(-1) ?? "");
      const read = lines.filter((line) => line.startsWith('{"event":"record"')).length;
      const packets = Number(end.maps[0].entries[0].value);
      expect(packets).toBeGreaterThan(500_000);
      expect(read + Number(end.lost.seen ?? 0)).toBe(packets);
    });
  },
  { netns: true },
);
