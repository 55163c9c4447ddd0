import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileHost } from "../../src/host.js";
import type { Instruction, IrFunction, IrModule } from "../../src/ir/ir.js";
import { optimize } from "../../src/ir/optimize/index.js";
import { printModule } from "../../src/ir/print.js";
import { validateModule } from "../../src/ir/validate.js";
import { analyze } from "../../src/pipeline.js";
import { makeMachine } from "../../src/sim/engine/index.js";
import {
  build,
  i64,
  mapOf,
  moduleOf,
  scalar,
  u16,
  u32,
  u64,
  u8,
  type FunctionBuilder,
} from "../support/ir.js";
import { simulate } from "../support/simulate.js";
import { processorTime } from "../support/time.js";
import { contextFrom, randomModule, tape } from "./random.js";

/** Everything a run leaves behind. */
function behaviour(module: IrModule, packet: Uint8Array): unknown {
  const machine = makeMachine(module);
  const results = [];
  for (let run = 0; run < 2; run++) {
    const { verdict, packet: after } = simulate(machine, "main", packet, contextFrom(packet));
    results.push(verdict, Buffer.from(after).toString("hex"));
  }
  for (const state of machine.maps.values()) {
    results.push(
      ...state.table.entries().map(({ key, values }) => [...key, ...(values[0]?.bytes ?? [])].join(",")),
    );
  }
  return results;
}

function optimized(make: (f: FunctionBuilder) => void, maps = [mapOf(0, "HASH")]): IrFunction {
  const f = build("main");
  make(f);
  const given = moduleOf([f.finish()], { maps });
  validateModule(given);
  const after = optimize(given);
  validateModule(after);
  const [fn] = after.functions;
  if (!fn) throw new Error("no function");
  return fn;
}

function all(fn: IrFunction): readonly Instruction[] {
  return fn.blocks.flatMap((block) => block.instructions);
}

function count(fn: IrFunction, kind: Instruction["kind"]): number {
  return all(fn).filter((one) => one.kind === kind).length;
}

/** What a script answers to a packet of 64 zeros. */
function verdictOf(text: string): number {
  const { ir } = analyze({ path: "script.xdpl", text }, fileHost());
  if (!ir) throw new Error("the script has errors");
  validateModule(ir);
  const packet = new Uint8Array(64);
  return simulate(makeMachine(ir), "main", packet, contextFrom(packet)).verdict;
}

const [drop, pass] = [1, 2];
const entries = `
  struct Entry { first: i64; name: string<16>; }
  const entries = new Hash<u32, Entry>(64);`;

describe("structs that lie in the stack on one way and in a map on another", () => {
  it("are what was written to them by another name", () => {
    const text = `${entries}
      xdp main(pkt) {
        entries.set(1, { first: 7, name: "x" });
        let local: Entry = { first: 2, name: "b" };
        const entry = entries.get(1) ?? return ABORTED;
        let either = pkt.length == 1 ? local : entry;
        entry.first = 1;
        either.first = 5;
        const seen = entry.first;
        entry.first += 10;
        return seen == 5 && either.first == 15 && local.first == 2 ? PASS : DROP;
      }`;
    expect(verdictOf(text)).toBe(pass);
  });

  it("come from functions", () => {
    const text = `${entries}
      function found(key: u32): Entry {
        const entry = entries.get(key) ?? return { first: 3, name: "a" };
        return entry;
      }
      function orNone(key: u32): Entry | null {
        const local: Entry = { first: 4, name: "b" };
        const entry = entries.get(key);
        if (!entry) return key == 7 ? null : local;
        return entry;
      }
      xdp main(pkt) {
        const other = orNone(pkt.queue + 7);
        const last = orNone(pkt.queue + 8) ?? return ABORTED;
        return found(pkt.queue).first + last.first == 7 && !other ? DROP : PASS;
      }`;
    expect(verdictOf(text)).toBe(drop);
  });
});

describe("optimize", () => {
  it("keeps what random programs do", () => {
    fc.assert(
      fc.property(tape, fc.uint8Array({ minLength: 14, maxLength: 64 }), (choices, packet) => {
        const given = randomModule(choices);
        validateModule(given);
        const after = optimize(given);
        validateModule(after);
        expect(behaviour(after, packet)).toEqual(behaviour(given, packet));
      }),
      { numRuns: Number(process.env["XDPL_RUNS"] ?? 400) },
    );
  });

  it("is deterministic and settles", () => {
    fc.assert(
      fc.property(tape, (choices) => {
        const once = optimize(randomModule(choices));
        expect(printModule(optimize(randomModule(choices)))).toBe(printModule(once));
      }),
      { numRuns: 50 },
    );
  });

  it("checks a packet once, reads a field once", () => {
    const fn = optimized((f) => {
      const no = f.block();
      let sum = f.constant(0, u16);
      for (const size of [34, 20, 34]) {
        const next = f.block();
        f.branch(f.check(f.data(), size, f.data("end")), next, no);
        f.at(next);
        sum = f.binary("add", sum, f.load(f.data(), 12, u16, "network"), u16);
      }
      f.ret(f.convert(sum, u32));
      f.at(no);
      f.ret(f.constant(2, u32));
    });
    expect([count(fn, "packet-check"), count(fn, "load"), count(fn, "packet-pointer")]).toEqual([1, 1, 2]);
  });

  it("reads anew after the packet moved or was written", () => {
    const fn = optimized((f) => {
      const [yes, no] = [f.block(), f.block()];
      f.branch(f.check(f.data(), 34, f.data("end")), yes, no);
      f.at(yes);
      const data = f.data();
      const first = f.load(data, 12, u16);
      const other = f.load(data, 20, u16);
      f.store(data, 12, f.binary("add", first, f.constant(1, u16), u16), 16);
      const again = f.load(data, 20, u16);
      const sum = f.binary("add", f.binary("add", f.load(data, 12, u16), other, u16), again, u16);
      f.ret(f.convert(sum, u32));
      f.at(no);
      f.helper("bpf_xdp_adjust_head", [{ kind: "value", value: f.parameters[0] ?? 0 }]);
      const fresh = f.block();
      f.branch(f.check(f.data(), 34, f.data("end")), fresh, yes);
      f.at(fresh);
      f.ret(f.convert(f.load(f.data(), 12, u16), u32));
    });
    // The stored value is known, and the other field was not touched: two loads, and one after the move.
    expect(count(fn, "load")).toBe(3);
    expect(count(fn, "packet-check")).toBe(2);
  });

  it("looks up an entry once until the map changes", () => {
    const twice = (change: boolean): IrFunction =>
      optimized((f) => {
        const key = f.constant(7, u32);
        const first = f.isNull(f.lookup(0, scalar(key, 32)));
        if (change) f.emit({ kind: "map-delete", map: 0, key: scalar(key, 32), type: i64 });
        const second = f.isNull(f.lookup(0, scalar(f.constant(7, u32), 32)));
        f.ret(f.convert(f.binary("add", f.convert(first, u8), f.convert(second, u8), u8), u32));
      });
    expect(count(twice(false), "map-lookup")).toBe(1);
    expect(count(twice(true), "map-lookup")).toBe(2);
  });

  it("goes straight where a state that a path fixed is tested", () => {
    const fn = optimized((f) => {
      const data = f.data();
      const [tcp, udp, none, join, isTcp, notTcp, isUdp, other] = Array.from({ length: 8 }, () => f.block());
      const blocks = [tcp, udp, none, join, isTcp, notTcp, isUdp, other].map((one) => one ?? 0);
      const [bTcp, bUdp, bNone, bJoin, bIsTcp, bNotTcp, bIsUdp, bOther] = blocks as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const ok = f.block();
      f.branch(f.check(data, 34, f.data("end")), ok, bNone);
      f.at(ok);
      const protocol = f.load(data, 23, u8);
      f.switchOn(
        protocol,
        [
          [6n, bTcp],
          [17n, bUdp],
        ],
        bNone,
      );
      for (const block of [bTcp, bUdp, bNone]) {
        f.at(block);
        f.jump(bJoin);
      }
      f.at(bJoin);
      const states = [1, 2, 0].map((state) => state);
      f.at(0);
      const constants = states.map((state) => f.constant(state, u8));
      f.at(bJoin);
      const state = f.phi(u8, [
        [bTcp, constants[0] ?? 0],
        [bUdp, constants[1] ?? 0],
        [bNone, constants[2] ?? 0],
      ]);
      f.branch(f.compare("eq", state, constants[0] ?? 0), bIsTcp, bNotTcp);
      f.at(bIsTcp);
      f.ret(f.constant(1, u32));
      f.at(bNotTcp);
      f.branch(f.compare("eq", state, constants[1] ?? 0), bIsUdp, bOther);
      f.at(bIsUdp);
      f.ret(f.constant(3, u32));
      f.at(bOther);
      f.ret(f.constant(2, u32));
    });
    expect(count(fn, "compare")).toBe(0);
    expect(fn.blocks.flatMap((block) => block.phis)).toEqual([]);
    // Check, switch, and the three verdicts.
    expect(fn.blocks).toHaveLength(5);
  });

  it("stays near-linear on five thousand rules", () => {
    const rules = (n: number): number => {
      const f = build("main");
      const [start, drop, pass] = [f.block(), f.block(), f.block()];
      f.branch(f.check(f.data(), 34, f.data("end")), start, pass);
      f.at(start);
      for (let rule = 0; rule < n; rule++) {
        const source = f.load(f.data(), 26, u32, "network");
        const port = f.load(f.data(), 30, u32, "network");
        const [second, next] = [f.block(), f.block()];
        f.branch(f.compare("eq", source, f.constant(rule * 7, u32)), second, next);
        f.at(second);
        f.branch(f.compare("ult", port, f.constant(rule, u32)), drop, next);
        f.at(next);
      }
      f.jump(pass);
      f.at(drop);
      f.ret(f.constant(1, u32));
      f.at(pass);
      f.ret(f.constant(2, u32));
      const module = moduleOf([f.finish()]);
      const begun = processorTime();
      const [fn] = optimize(module).functions;
      const spent = processorTime() - begun;
      if (fn) expect(count(fn, "load")).toBe(2);
      return spent;
    };
    rules(1000);
    const [small, large] = [rules(1250), rules(5000)];
    expect(large).toBeLessThan(Math.max(small, 30) * 12);
    expect(u64.bits).toBe(64);
  });
});
