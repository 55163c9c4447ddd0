import { expect, it } from "vitest";
import { compareCanonical, evaluateBinary, swapBytes, wrap } from "../../src/ir/interpret/arithmetic.js";
import type { BinaryOp, CompareOp, IrInt, IrModule, ValueId } from "../../src/ir/ir.js";
import { TestRunner } from "../../src/loader/index.js";
import type { FunctionBuilder } from "../support/ir.js";
import { build, int, moduleOf, u32, u64 } from "../support/ir.js";
import { describeKernel } from "../support/kernel.js";
import { load, objectOf, randomNumbers } from "./harness.js";

const ops: readonly BinaryOp[] = [
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
];
const compares: readonly CompareOp[] = ["eq", "ne", "ult", "ule", "ugt", "uge", "slt", "sle", "sgt", "sge"];
const types = [8, 16, 32, 64].flatMap((bits) => [int(bits), int(bits, true)]);

const typeName = (type: IrInt): string => `${type.signed ? "i" : "u"}${type.bits}`;

function edges(type: IrInt): bigint[] {
  const top = 1n << BigInt(type.bits - 1);
  const values = [0n, 1n, 2n, 3n, 7n, 8n, 10n, 31n, 33n, 100n, top - 1n, top, top + 1n, -1n, -2n, -7n];
  return [...new Set(values.map((value) => wrap(type, value)))];
}

/** Two operands at the packet's start; every result, eight bytes each, behind them. */
function calculator(
  type: IrInt,
  results: (f: FunctionBuilder, a: ValueId, b: ValueId) => readonly ValueId[],
): IrModule {
  const f = build("main", { result: u32 });
  const data = f.data();
  const [inside, out] = [f.block(), f.block()];
  f.branch(f.check(data, room, f.data("end")), inside, out);
  f.at(inside);
  const a = f.convert(f.load(data, 0, u64), type);
  const b = f.convert(f.load(data, 8, u64), type);
  results(f, a, b).forEach((value, at) => f.store(data, 16 + at * 8, f.convert(value, u64), 64));
  f.ret(f.constant(2, u32));
  f.at(out);
  f.ret(f.constant(1, u32));
  return moduleOf([f.finish()]);
}

const room = 16 + 8 * 40;

type Reference = (a: bigint, b: bigint) => readonly bigint[];

/** Runs the calculator over pairs of operands and compares every result. */
function check(
  module: IrModule,
  type: IrInt,
  pairs: readonly (readonly [bigint, bigint])[],
  expected: Reference,
  cpu: "v2" | "v3",
): void {
  const loaded = load(objectOf(module, { cpu }));
  try {
    const runner = new TestRunner(loaded.program("main").fd);
    for (const [a, b] of pairs) {
      const packet = Buffer.alloc(room);
      // What lies above the operand's width must not matter.
      packet.writeBigUInt64LE(BigInt.asUintN(64, type.bits === 64 ? a : a ^ (0x5an << 56n)), 0);
      packet.writeBigUInt64LE(BigInt.asUintN(64, type.bits === 64 ? b : b ^ (0xa5n << 56n)), 8);
      const { dataOut } = runner.run(packet);
      const view = Buffer.from(dataOut);
      const want = expected(a, b);
      const got = want.map((_, at) => view.readBigUInt64LE(16 + at * 8));
      expect(got, `${a}, ${b}`).toEqual(want.map((value) => BigInt.asUintN(64, value)));
    }
  } finally {
    loaded.close();
  }
}

function pairsOf(type: IrInt): [bigint, bigint][] {
  const next = randomNumbers(type.bits);
  const random = (): bigint => wrap(type, (BigInt(next()) << 32n) | BigInt(next()));
  const listed = edges(type).flatMap((a) => edges(type).map((b): [bigint, bigint] => [a, b]));
  return [...listed, ...Array.from({ length: 100 }, (): [bigint, bigint] => [random(), random()])];
}

describeKernel("arithmetic", () => {
  for (const cpu of ["v3", "v2"] as const) {
    for (const type of types) {
      it(`of two ${typeName(type)} is as defined, ${cpu}`, () => {
        const module = calculator(type, (f, a, b) => [
          ...ops.map((op) => f.binary(op, a, b, type)),
          ...compares.map((op) => f.compare(op, a, b)),
        ]);
        const expected: Reference = (a, b) => [
          ...ops.map((op) => evaluateBinary(op, type, a, b)),
          ...compares.map((op) => (compareCanonical(op, type, a, b) ? 1n : 0n)),
        ];
        check(module, type, pairsOf(type), expected, cpu);
      });

      it(`of ${typeName(type)} and constants is as defined, ${cpu}`, () => {
        const values = edges(type);
        for (const constant of values) {
          const module = calculator(type, (f, a) => {
            const c = f.constant(constant, type);
            return [
              ...ops.map((op) => f.binary(op, a, c, type)),
              ...compares.map((op) => f.compare(op, a, c)),
              ...ops.map((op) => f.binary(op, c, a, type)),
            ];
          });
          const expected: Reference = (a) => [
            ...ops.map((op) => evaluateBinary(op, type, a, constant)),
            ...compares.map((op) => (compareCanonical(op, type, a, constant) ? 1n : 0n)),
            ...ops.map((op) => evaluateBinary(op, type, constant, a)),
          ];
          const pairs = [...values, wrap(type, 0x123456789abcdefn)].map((a): [bigint, bigint] => [a, 0n]);
          check(module, type, pairs, expected, cpu);
        }
      });
    }

    it(`conversions and byte swaps are as defined, ${cpu}`, () => {
      for (const type of types) {
        const swaps = type.bits === 8 ? [] : [type];
        const module = calculator(type, (f, a) => [
          ...types.map((to) => f.convert(a, to)),
          ...[int(4), int(13), int(24), int(48), int(1)].map((to) => f.convert(a, to)),
          ...swaps.map((to) => f.emit({ kind: "swap-bytes", value: a, type: to })),
        ]);
        const expected: Reference = (a) => [
          ...types.map((to) => wrap(to, a)),
          ...[int(4), int(13), int(24), int(48), int(1)].map((to) => wrap(to, a)),
          ...swaps.map((to) => swapBytes(to, a)),
        ];
        check(module, type, pairsOf(type), expected, cpu);
      }
    });
  }
});
