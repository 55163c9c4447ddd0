import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { LoaderError, openObject, TestRunner, type LoadedObject } from "../../src/loader/index.js";
import { checksums } from "../support/checksums.js";
import { compileScript } from "../support/compile.js";
import { describeKernel } from "../support/kernel.js";
import { readCorpus } from "./corpus.js";

/*
 * Checksums follow writes. `rewrite.xdpl` changes addresses, hop limits, ports and more in every packet of every
 * capture, `rewrite-bytes.xdpl` and `rewrite-options.xdpl` options and payloads; an independent recomputation then finds every checksum that was right still right, and every one that was
 * wrong (captured before the network card filled it in, or broken on purpose) wrong by just as much, as RFC 1624 has
 * it.
 */
/**
 * Here a routing header has stations left to go: the checksum then covers the last one (RFC 8200, 8.1) and not
 * `ip6.dst`, which `covers` in std/net can't say.
 */
const routed = "ipv6-routing-header.pcap";

describeKernel("checksums after writes", () => {
  const samples = readCorpus();

  describe.each([
    ["rewrite.xdpl", 2000],
    ["rewrite-bytes.xdpl", 900],
    ["rewrite-options.xdpl", 1],
  ])("of %s", (file, least) => {
    let object: LoadedObject;

    beforeAll(async () => {
      const path = join(import.meta.dirname, file);
      const result = openObject(await compileScript(readFileSync(path, "utf8"), path)).load();
      if (result.kind === "rejected") throw new Error(result.log.slice(-4000));
      object = result.object;
      return () => object.close();
    });

    it("are as right as before", () => {
      const [program] = object.programs;
      if (!program) throw new Error("no program");
      const runner = new TestRunner(program.fd);
      const problems: string[] = [];
      const judged = { right: 0, wrong: 0, changed: 0 };
      for (const { name, data } of samples) {
        let after: Uint8Array;
        try {
          after = runner.run(data).dataOut;
        } catch (failure) {
          if (!(failure instanceof LoaderError)) throw failure;
          continue;
        }
        if (Buffer.compare(after, data) !== 0) judged.changed++;
        const [before, now] = [checksums(data), checksums(after)];
        if (now.length !== before.length)
          problems.push(`${name}: ${before.length} checksums became ${now.length}`);
        for (const [at, one] of before.entries()) {
          const other = now[at];
          if (!other) continue;
          const none = one.layer === "udp" && one.value === 0;
          if (none && other.value !== 0) problems.push(`${name}: UDP got a checksum`);
          if (none) continue;
          judged[one.error === 0 ? "right" : "wrong"]++;
          if (other.error !== one.error && !name.startsWith(routed))
            problems.push(
              `${name}: ${one.layer} at ${one.offset}, off by ${one.error} before and ${other.error} after`,
            );
        }
      }
      expect(problems).toEqual([]);
      expect(judged.changed).toBeGreaterThan(least);
      expect(judged.right).toBeGreaterThan(2000);
      expect(judged.wrong).toBeGreaterThan(10);
    });
  });
});
