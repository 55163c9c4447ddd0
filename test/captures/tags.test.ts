import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { LoaderError, openObject, TestRunner, type LoadedObject } from "../../src/loader/index.js";
import { compileScript } from "../support/compile.js";
import { describeKernel } from "../support/kernel.js";
import { readCorpus } from "./corpus.js";

const addresses = 12;
const tx = 3;

/** How many tags stand behind the addresses; no more than two are a link layer's. */
function tagsOf(data: Uint8Array): number {
  const type = (at: number): number => ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
  const isTag = (at: number): boolean => [0x8100, 0x88a8, 0x9100].includes(type(at));
  if (!isTag(addresses)) return 0;
  return isTag(addresses + 4) ? 2 : 1;
}

describeKernel("VLAN tags of captured packets", () => {
  const samples = readCorpus().map((one) => ({ ...one, tags: tagsOf(one.data) }));
  let object: LoadedObject;

  beforeAll(async () => {
    const path = join(import.meta.dirname, "tags.xdpl");
    const result = openObject(await compileScript(readFileSync(path, "utf8"), path)).load();
    if (result.kind === "rejected") throw new Error(result.log.slice(-4000));
    object = result.object;
    return () => object.close();
  });

  /** What each packet becomes that the program changes, beside what a reader without it expects. */
  function changed(name: string, expected: (data: Uint8Array, tags: number) => Uint8Array): number {
    const program = object.programs.find((one) => one.name === name);
    if (!program) throw new Error(`no program ${name}`);
    const runner = new TestRunner(program.fd);
    let count = 0;
    for (const { name: packet, data, tags } of samples) {
      try {
        const { retval, dataOut } = runner.run(data);
        if (retval !== tx) continue;
        expect(Buffer.from(dataOut).toString("hex"), packet).toBe(
          Buffer.from(expected(data, tags)).toString("hex"),
        );
        count++;
      } catch (failure) {
        if (!(failure instanceof LoaderError)) throw failure;
      }
    }
    return count;
  }

  it("are put behind those that are there", () => {
    const count = changed("push", (data, tags) => {
      const at = addresses + 4 * tags;
      return Buffer.concat([data.subarray(0, at), Buffer.from([0x81, 0x00, 0xa0, 42]), data.subarray(at)]);
    });
    expect(count).toBeGreaterThan(2000);
  });

  it("are taken out, the outer one", () => {
    const count = changed("removeOuter", (data) =>
      Buffer.concat([data.subarray(0, addresses), data.subarray(addresses + 4)]),
    );
    expect(count).toBeGreaterThan(100);
  });

  it("are taken out, the inner one", () => {
    const count = changed("removeInner", (data) =>
      Buffer.concat([data.subarray(0, addresses + 4), data.subarray(addresses + 8)]),
    );
    expect(count).toBeGreaterThan(10);
  });
});
