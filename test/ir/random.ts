/** Random but well-formed IR functions, from a tape of choices so that fast-check can shrink them. */
import fc from "fast-check";
import type { IrFunction, IrInt, IrModule, ValueId } from "../../src/ir/ir.js";
import {
  build,
  i32,
  i64,
  mapOf,
  moduleOf,
  scalar,
  u1,
  u16,
  u32,
  u64,
  u8,
  type FunctionBuilder,
} from "../support/ir.js";

export const tape: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 0, max: 0xffff }), {
  minLength: 40,
  maxLength: 300,
  size: "max",
});

interface Variable {
  readonly type: IrInt;
  value: ValueId;
}

const types: readonly IrInt[] = [u64, u32, u8, i32, i64, u64];
const arithmetic = [
  "add",
  "sub",
  "mul",
  "udiv",
  "sdiv",
  "urem",
  "srem",
  "and",
  "or",
  "xor",
  "shl",
  "lshr",
  "ashr",
] as const;
const comparisons = ["eq", "ne", "ult", "ule", "ugt", "uge", "slt", "sle", "sgt", "sge"] as const;
const interesting = [
  0n,
  1n,
  2n,
  3n,
  5n,
  7n,
  8n,
  14n,
  63n,
  64n,
  127n,
  128n,
  255n,
  65535n,
  -1n,
  -2n,
  1n << 31n,
  1n << 63n,
];

/** A module of one program over a hash map, an array map and the packet. */
export function randomModule(choices: readonly number[]): IrModule {
  return moduleOf([randomFunction(choices)], {
    maps: [mapOf(0, "HASH", { maxEntries: 4 }), mapOf(1, "ARRAY")],
  });
}

function randomFunction(choices: readonly number[]): IrFunction {
  let at = 0;
  const choose = (n: number): number => (choices[at++] ?? 0) % n;
  const pick = <T>(list: readonly T[]): T => {
    const found = list[choose(list.length)] ?? list[0];
    if (found === undefined) throw new Error("nothing to pick");
    return found;
  };
  const f: FunctionBuilder = build("main", { result: u64 });
  const wrap = (type: IrInt, value: bigint): bigint =>
    type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
  const constant = (type: IrInt): ValueId => f.constant(wrap(type, pick(interesting)), type);
  // Half of them from outside, so that nobody knows them.
  const ctx = f.parameters[0] ?? 0;
  const outside = (type: IrInt, index: number): ValueId =>
    f.convert(f.emit({ kind: "context-load", context: ctx, offset: 12 + 4 * index, type: u32 }), type);
  const variables: Variable[] = types.map((type, index) => ({
    type,
    value: choose(3) === 0 ? constant(type) : outside(type, index),
  }));
  // A state, as layer parsing has it: only ever small constants.
  const state: Variable = { type: u8, value: f.constant(0, u8) };
  const all = [...variables, state];

  const expression = (type: IrInt, depth = 2): ValueId => {
    const same = variables.filter((one) => one.type === type);
    switch (depth === 0 ? choose(2) : choose(7)) {
      case 0:
        return constant(type);
      case 1:
        return pick(same).value;
      case 2:
      case 3:
        return f.binary(pick(arithmetic), expression(type, depth - 1), expression(type, depth - 1), type);
      case 4:
        return f.convert(pick(all).value, type);
      case 5:
        return f.select(condition(depth - 1), expression(type, depth - 1), expression(type, depth - 1), type);
      default:
        return f.convert(
          f.binary("and", pick(variables.slice(0, 1)).value, f.constant(pick([1n, 7n, 255n]))),
          type,
        );
    }
  };
  const condition = (depth = 1): ValueId => {
    switch (choose(8)) {
      case 7: {
        const [a, b] = [variables[0]?.value ?? 0, variables[5]?.value ?? 0];
        return f.compare(pick(comparisons), a, b);
      }
      case 5: {
        // A test of a sum, or of a shifted or masked value, as bounds checks have it.
        const one = pick(variables);
        const changed = f.binary(
          pick(["add", "sub", "and", "lshr", "shl", "mul", "udiv"] as const),
          one.value,
          constant(one.type),
          one.type,
        );
        return f.compare(pick(comparisons), changed, constant(one.type));
      }
      case 6:
      case 0:
        return f.compare(pick(["eq", "ne"] as const), state.value, f.constant(choose(3), u8));
      case 1:
        if (depth > 0)
          return f.binary(
            pick(["and", "or", "xor"] as const),
            condition(depth - 1),
            condition(depth - 1),
            u1,
          );
        return f.compare("eq", state.value, f.constant(1, u8));
      case 2:
        return f.binary(
          "xor",
          f.compare("ult", variables[0]?.value ?? 0, constant(u64)),
          f.constant(1, u1),
          u1,
        );
      default: {
        const one = pick(variables);
        return f.compare(pick(comparisons), one.value, expression(one.type, depth));
      }
    }
  };

  /** Joins paths: every variable gets a phi, as naive as can be. */
  const join = (ends: readonly { block: number; values: readonly ValueId[] }[]): void => {
    const target = f.block();
    for (const end of ends) {
      f.at(end.block);
      f.jump(target);
    }
    f.at(target);
    all.forEach((one, index) => {
      one.value = f.phi(
        one.type,
        ends.map((end) => [end.block, end.values[index] ?? 0] as const),
      );
    });
  };
  const snapshot = (): { block: number; values: ValueId[] } => ({
    block: f.here(),
    values: all.map((one) => one.value),
  });
  const restore = (values: readonly ValueId[]): void =>
    all.forEach((one, index) => (one.value = values[index] ?? one.value));

  const branching = (test: ValueId, depth: number, inThen: () => void, inElse: () => void): void => {
    const before = snapshot();
    const [then, otherwise] = [f.block(), f.block()];
    f.branch(test, then, otherwise);
    const ends: { block: number; values: readonly ValueId[] }[] = [];
    f.at(then);
    inThen();
    if (depth === 0 || choose(8) > 0) ends.push(snapshot());
    else f.ret(f.convert(variables[1]?.value ?? 0, u64));
    restore(before.values);
    f.at(otherwise);
    inElse();
    ends.push(snapshot());
    join(ends);
  };

  const someKey = (): ValueId =>
    choose(2) > 0
      ? f.constant(choose(2), u32)
      : f.convert(f.binary("and", variables[0]?.value ?? 0, f.constant(3)), u32);

  const statement = (depth: number): void => {
    const variable = pick(variables);
    switch (choose(depth > 0 ? 13 : 5)) {
      case 10:
      case 11:
      case 12:
        states(depth);
        return;
      case 0:
      case 1:
        variable.value = expression(variable.type);
        return;
      case 2:
        state.value = f.constant(choose(3), u8);
        return;
      case 3: {
        const key = someKey();
        const value = f.convert(variables[1]?.value ?? 0, u64);
        const operand = scalar(value, 64);
        if (choose(3) > 0)
          f.emit({
            kind: "map-update",
            map: choose(2),
            key: scalar(key, 32),
            value: operand,
            flags: 0,
            type: i64,
          });
        else f.emit({ kind: "map-delete", map: 0, key: scalar(key, 32), type: i64 });
        return;
      }
      case 4: {
        const slot = f.slot(16);
        const displacement = choose(2) * 8;
        f.emit({ kind: "zero", pointer: slot, displacement: 0, size: 16 });
        f.store(slot, displacement, variables[0]?.value ?? 0, 64);
        if (choose(2) > 0) f.store(slot, choose(12), variables[1]?.value ?? 0, 32, "network");
        const target = variables[0];
        if (target) target.value = f.load(slot, displacement, u64);
        return;
      }
      case 5:
      case 6:
        branching(
          condition(),
          depth,
          () => body(depth - 1),
          () => body(choose(2) > 0 ? depth - 1 : 0),
        );
        return;
      case 7: {
        // Packet bytes behind a check, perhaps at an offset.
        const data = f.data();
        const fixed = choose(2) > 0;
        const offset = f.convert(f.binary("and", variables[0]?.value ?? 0, f.constant(31)), u64);
        const from = fixed ? data : f.advance(data, offset);
        const place = choose(4) * 2;
        branching(
          f.check(from, place + 4, f.data("end")),
          0,
          () => {
            if (choose(3) === 0) f.store(from, place, variables[1]?.value ?? 0, 32, "network");
            const target = variables[1];
            if (target) target.value = f.load(from, place, u32, "network");
            if (choose(3) === 0) f.store(from, place + 2, f.convert(variables[0]?.value ?? 0, u16), 16);
            if (choose(2) > 0) {
              const write = (): void =>
                f.store(from, place + choose(2), f.convert(variables[0]?.value ?? 0, u16), 16);
              branching(condition(), 1, write, () => undefined);
            }
            if (target && choose(2) > 0)
              target.value = f.binary("add", target.value, f.load(from, place, u32, "network"), u32);
          },
          () => undefined,
        );
        return;
      }
      case 8: {
        const found = f.lookup(choose(2), scalar(someKey(), 32));
        branching(
          f.isNull(found),
          0,
          () => undefined,
          () => {
            const target = variables[0];
            if (!target) return;
            target.value = f.load(found, 0, u64);
            if (choose(2) > 0)
              f.emit({
                kind: "atomic",
                op: "add",
                pointer: found,
                displacement: 0,
                value: target.value,
                bits: 64,
              });
          },
        );
        return;
      }
      default:
        loop(depth);
    }
  };

  /** Two paths leave a state behind; a little later the state is tested. */
  const states = (depth: number): void => {
    const arm = (code: number) => (): void => {
      state.value = f.constant(code, u8);
      body(0);
    };
    branching(condition(), 1, arm(1 + choose(2)), arm(choose(3)));
    if (choose(2) > 0) statement(0);
    branching(
      f.compare("eq", state.value, f.constant(1, u8)),
      1,
      () => body(depth - 1),
      () => body(0),
    );
  };

  const loop = (depth: number): void => {
    const trips = f.constant(choose(5), u64);
    const before = snapshot();
    const zero = f.constant(0, u64);
    const [head, inside, out] = [f.block(), f.block(), f.block()];
    f.jump(head);
    f.at(head);
    const counter = f.phi(u64, [[before.block, zero]]);
    all.forEach((one, index) => (one.value = f.phi(one.type, [[before.block, before.values[index] ?? 0]])));
    const phis = all.map((one) => one.value);
    f.branch(f.compare("ult", counter, trips), inside, out);
    f.at(inside);
    body(depth - 1);
    f.input(counter, f.here(), f.binary("add", counter, f.constant(1, u64)));
    phis.forEach((phi, index) => f.input(phi, f.here(), all[index]?.value ?? 0));
    f.jump(head);
    f.at(out);
    restore(phis);
  };

  const body = (depth: number): void => {
    for (let count = 1 + choose(3); count > 0; count--) statement(depth);
  };
  for (let count = 2 + choose(5); count > 0; count--) statement(3);
  let result = f.constant(0, u64);
  for (const one of all) {
    const wide = f.convert(one.value, u64);
    result = f.binary("add", f.binary("mul", result, f.constant(31, u64)), wide);
  }
  f.ret(result);
  return f.finish();
}

/** Context fields made from a packet's first bytes: small and large values. */
export function contextFrom(packet: Uint8Array): ReadonlyMap<number, bigint> {
  const byte = (at: number): bigint => BigInt(packet[at] ?? 0);
  const fields = [0, 1, 2, 3, 4, 5].map((index): readonly [number, bigint] => {
    const wide = (byte(index) << 24n) | (byte(index + 5) << 8n) | byte(index + 2);
    return [12 + 4 * index, byte(index + 1) % 3n === 0n ? wide : byte(index) % 20n];
  });
  return new Map(fields);
}
