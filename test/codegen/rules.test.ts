import { expect, it } from "vitest";
import type { IrModule } from "../../src/ir/ir.js";
import { build, moduleOf, u16, u32 } from "../support/ir.js";
import { describeKernel } from "../support/kernel.js";
import { load, objectOf, runBoth } from "./harness.js";

/** `if (source == A && port == P) return DROP;`, so many times. */
function rules(count: number): IrModule {
  const f = build("main", { result: u32 });
  const data = f.data();
  const [inside, drop, pass] = [f.block(), f.block(), f.block()];
  f.branch(f.check(data, 40, f.data("end")), inside, pass);
  f.at(inside);
  const source = f.load(data, 26, u32);
  const port = f.load(data, 36, u16, "network");
  for (let rule = 0; rule < count; rule++) {
    const [matches, next] = [f.block(), f.block()];
    f.branch(f.compare("eq", source, f.constant((rule * 2654435761) >>> 0, u32)), matches, next);
    f.at(matches);
    f.branch(f.compare("eq", port, f.constant(rule % 1000, u16)), drop, next);
    f.at(next);
  }
  f.jump(pass);
  f.at(drop);
  f.ret(f.constant(1, u32));
  f.at(pass);
  f.ret(f.constant(2, u32));
  return moduleOf([f.finish()]);
}

function packetFor(rule: number, port: number): Uint8Array {
  const packet = Buffer.alloc(60);
  packet.writeUInt32LE((rule * 2654435761) >>> 0, 26);
  packet.writeUInt16BE(port, 36);
  return packet;
}

describeKernel("long lists of rules", () => {
  for (const count of [10, 300, 1000, 5000]) {
    it(`of ${count} are compiled, accepted, and match`, () => {
      const module = rules(count);
      const object = objectOf(module);
      const loaded = load(object);
      const processed = loaded.program("main").statistics?.processed ?? 0;
      loaded.close();
      // Not the square of the rules.
      expect(processed).toBeLessThan(100 + count * 40);
      const last = count - 1;
      const packets = [
        packetFor(0, 0),
        packetFor(0, 1),
        packetFor(last, last % 1000),
        packetFor(count, 0),
        packetFor(7, 7),
      ];
      const runs = runBoth(module, object, packets);
      expect(runs.kernel).toEqual(runs.reference);
      expect(runs.kernel.map((one) => one.verdict)).toEqual([1, 2, 1, 2, 1]);
    });
  }
});
