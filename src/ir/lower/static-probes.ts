/**
 * Arguments of static probes. The places that bear one probe may hand them over in different ways, as the compiler of the
 * probed program had them in registers or in memory just then. What all do alike is read at once; where they differ, the
 * cookie that the loader gave the place says how.
 */
import { defined } from "../../base/invariant.js";
import type { ProgramSymbol } from "../../check/checked.js";
import type { StaticArgument } from "../../kernel/static-probes.js";
import type { IrInt, ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { contextLoad, fromWord, probeRead, scratch } from "./kernel.js";
import { irInt, scalar, type Scope, type Val } from "./values.js";

/** The values of the parameters of a static probe, in order. */
export function staticParameters(s: Scope, program: ProgramSymbol): readonly Val[] {
  const parameters = program.sources.flatMap((source, i) => {
    const type = program.parameters[i]?.type;
    return source.kind === "static" && type ? [{ places: source.places, type }] : [];
  });
  const alike = (places: readonly StaticArgument[]): boolean =>
    places.every(({ text }) => text === places[0]?.text);
  const differing = parameters
    .filter(({ places, type }) => type.kind !== "void" && !alike(places))
    .map((one) => ({ ...one, variable: ir.newVariable("argument", irInt(one.type)) }));
  if (differing.length > 0) {
    const { span } = s.b;
    s.b.span = program.declaration.hook.span;
    byCookie(s, (program.argumentForms ?? []).length, (form) => {
      for (const { places, type, variable } of differing)
        ir.write(s.b, variable, fromWord(s, argumentAt(s, defined(places[form], "a place")), type));
    });
    s.b.span = span;
  }
  return parameters.map(({ places, type }): Val => {
    if (type.kind === "void") return { kind: "void" };
    const variable = differing.find((one) => one.places === places)?.variable;
    if (variable) return scalar(ir.read(s.b, variable));
    return scalar(fromWord(s, argumentAt(s, defined(places[0], "a place")), type));
  });
}

/** Does one thing for each of the forms, chosen by the cookie of the place where the program runs. */
function byCookie(s: Scope, forms: number, read: (form: number) => void): void {
  const context = defined(s.context, "a context");
  const cookie = ir.helper(s.b, "bpf_get_attach_cookie", [context]);
  const blocks = Array.from({ length: forms }, () => ir.newBlock(s.b));
  const after = ir.newBlock(s.b);
  const [first = after, ...rest] = blocks;
  ir.switchTo(
    s.b,
    cookie,
    rest.map((target, i) => ({ value: BigInt(i + 1), target })),
    first,
  );
  for (const [form, block] of blocks.entries()) {
    ir.enterSealed(s.b, block);
    read(form);
    ir.jump(s.b, after);
  }
  ir.enterSealed(s.b, after);
}

/** An argument, as wide and as signed as it is. */
function argumentAt(s: Scope, { bits, signed, operand: place }: StaticArgument): ValueId {
  const operand = defined(place, "an argument that can be read");
  const type: IrInt = { kind: "int", bits, signed };
  switch (operand.kind) {
    case "immediate":
      return ir.constant(s.b, type, ir.wrap(type, operand.value));
    case "register": {
      const word = contextLoad(s, operand.register, ir.u64);
      const low = operand.shift === 0 ? word : ir.binaryWith(s.b, "lshr", word, operand.shift);
      return ir.convert(s.b, low, type);
    }
    case "memory": {
      const { base, index, scale, displacement } = operand;
      let address = ir.constant(s.b, ir.u64, ir.wrap(ir.u64, displacement));
      if (base !== undefined) address = ir.binary(s.b, "add", contextLoad(s, base, ir.u64), address);
      if (index !== undefined) {
        const scaled = ir.binaryWith(s.b, "mul", contextLoad(s, index, ir.u64), scale);
        address = ir.binary(s.b, "add", address, scaled);
      }
      const slot = scratch(s);
      probeRead(s, "bpf_probe_read_user", slot, ir.constant(s.b, ir.u64, bits / 8), address);
      return ir.load(s.b, slot, 0, bits, "native", signed);
    }
  }
}
