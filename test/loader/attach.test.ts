import { execFileSync, spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  attachedXdp,
  attachXdp,
  interfaceIndex,
  LoaderError,
  openObject,
  programInfo,
  type LoadedObject,
} from "../../src/loader/index.js";
import { compileC, describeKernel, inNetns } from "../support/kernel.js";

describeKernel(
  "attaching",
  () => {
    // Two ends of a wire, each in a namespace of its own.
    const [near, far] = ["near0", "far0"];
    const here = `xdpl-here-${process.pid}`;
    const there = `xdpl-there-${process.pid}`;
    const ip = (...words: string[]): string => execFileSync("ip", words, { encoding: "utf8" });
    let object: LoadedObject;

    beforeAll(() => {
      ip("netns", "add", here);
      ip("netns", "add", there);
      ip("-n", here, "link", "add", near, "type", "veth", "peer", "name", far, "netns", there);
      ip("-n", here, "link", "set", near, "up");
      ip("-n", there, "link", "set", far, "up");
      ip("-n", there, "addr", "add", "192.0.2.1/24", "dev", far);
      const outcome = openObject(
        compileC(`
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char _license[] SEC("license") = "GPL";
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } seen SEC(".maps");
SEC("xdp") int count(struct xdp_md *ctx) {
  __u32 key = 0;
  __u64 *n = bpf_map_lookup_elem(&seen, &key);
  if (n) __sync_fetch_and_add(n, 1);
  return XDP_DROP;
}
SEC("xdp") int other(struct xdp_md *ctx) { return XDP_PASS; }
`),
      ).load();
      if (outcome.kind === "rejected") throw new Error(outcome.log);
      object = outcome.object;
    });
    afterAll(() => {
      object.close();
      spawnSync("ip", ["netns", "del", here]);
      spawnSync("ip", ["netns", "del", there]);
    });

    function seen(): bigint {
      return Buffer.from(object.map("seen").lookup(new Uint8Array(4)) ?? new Uint8Array(8)).readBigUInt64LE();
    }

    it("runs the program for each packet until it is closed", () => {
      inNetns(here, () => {
        const ifindex = interfaceIndex(near) ?? 0;
        expect(ifindex).toBeGreaterThan(0);
        expect(attachedXdp(ifindex)).toBeUndefined();
        const attachment = attachXdp(object.program("count"), { name: near, index: ifindex }, "native");
        expect([attachment.through, attachment.place, attachment.remark]).toEqual([
          "link",
          `device ${near}, native`,
          undefined,
        ]);
        expect(attachedXdp(ifindex)).toBe(programInfo(object.program("count").fd).id);
        const before = seen();
        send(there, far);
        expect(seen()).toBeGreaterThan(before);
        attachment.replace(object.program("other").fd);
        const replaced = seen();
        send(there, far);
        expect(seen()).toBe(replaced);
        attachment.close();
        attachment.close();
        expect(attachedXdp(ifindex)).toBeUndefined();
      });
    });

    it("says what to do about a busy device", () => {
      inNetns(here, () => {
        const ifindex = interfaceIndex(near) ?? 0;
        const first = attachXdp(object.program("count"), { name: near, index: ifindex });
        const error = thrown(() => attachXdp(object.program("other"), { name: near, index: ifindex }));
        first.close();
        expect([error.kind, error.remedy]).toEqual(["busy", expect.stringContaining("xdp off")]);
      });
    });

    it("says when there is no such device", () => {
      inNetns(here, () => {
        expect(
          thrown(() => attachXdp(object.program("other"), { name: "gone", index: 99_999_999 })).kind,
        ).toBe("not-found");
        expect(interfaceIndex("no-such-device")).toBeUndefined();
      });
    });
  },
  { clang: true, netns: true },
);

function thrown(action: () => unknown): LoaderError {
  try {
    action();
  } catch (failure) {
    if (failure instanceof LoaderError) return failure;
    throw failure;
  }
  throw new Error("nothing was thrown");
}

/** Some frames out of a device: requests for the hardware address of a neighbour that does not answer. */
function send(space: string, device: string): void {
  spawnSync("ip", ["netns", "exec", space, "ping", "-c", "1", "-W", "1", "-I", device, "192.0.2.9"]);
}
