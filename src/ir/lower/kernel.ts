/**
 * What probes read: their context, and the kernel's memory. A struct that the kernel's verifier knows is loaded from;
 * everything else is copied by `bpf_probe_read_kernel`, which gives zeros where nothing can be read. So there is no read
 * that fails, and no program that the kernel refuses for one.
 */
import { defined, invariant } from "../../base/invariant.js";
import type { ParameterSource } from "../../check/checked.js";
import type { KernelField, Type } from "../../check/types.js";
import type { ProgramKind } from "../../kernel/programs.js";
import type { CallExpression, Expression, MemberExpression } from "../../syntax/ast.js";
import type { FieldAccess, FieldStep, IrInt, MemoryOperand, ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { lowerExpression, meaningOf, typeOf } from "./expressions.js";
import { loadVal } from "./memory.js";
import { irInt, scalar, sizeOf, type KernelVal, type Scope, type Val } from "./values.js";

type Root = FieldAccess["root"];

/** A parameter of a probe. */
export function probeParameter(
  s: Scope,
  source: ParameterSource,
  type: Type,
  kind: ProgramKind | undefined,
): Val {
  if (source.kind === "record") {
    const base = ir.constant(s.b, ir.u64, 0);
    return { kind: "kernel", base, access: undefined, place: "context", direct: false };
  }
  invariant(source.kind !== "static", "read with the others of its program");
  const word = contextLoad(s, source.offset, ir.u64);
  const direct = kind?.family === "probe" && kind.direct && source.kind === "word";
  if (type.kind === "kernel")
    return { kind: "kernel", base: word, access: undefined, place: "kernel", direct };
  return scalar(fromWord(s, word, type));
}

export function contextLoad(s: Scope, offset: number, type: IrInt): ValueId {
  const context = defined(s.context, "a context");
  return ir.emit(s.b, { kind: "context-load", type, context, offset });
}

/** A value of a scalar type out of a word that holds it. */
export function fromWord(s: Scope, word: ValueId, type: Type): ValueId {
  if (type.kind === "bool") return ir.compareWith(s.b, "ne", ir.convert(s.b, word, ir.u8), 0);
  return ir.convert(s.b, word, irInt(type));
}

/** The address of a struct, as a number. */
export function addressOf(s: Scope, val: KernelVal): ValueId {
  if (val.place === "context")
    return ir.emit(s.b, { kind: "address-of", type: ir.u64, pointer: defined(s.context, "a context") });
  return val.access ? ir.binary(s.b, "add", val.base, fieldInfo(s, val.access, "offset")) : val.base;
}

function fieldInfo(
  s: Scope,
  access: FieldAccess,
  what: "offset" | "size" | "exists" | "left" | "right",
): ValueId {
  return ir.emit(s.b, { kind: "field-info", type: ir.u64, access, what });
}

/** The struct whose member `a.b` is. */
export function rootOf(s: Scope, expression: MemberExpression): Root {
  const type = typeOf(s, expression.object);
  const holder = type.kind === "nullable" ? type.inner : type;
  invariant(holder.kind === "kernel", `a field of the kernel's in ${holder.kind}`);
  const { source } = holder;
  if (source.kind === "record") return { name: source.name, union: false, size: source.format.size };
  const struct = source.btf.type(source.id);
  invariant(struct.kind === "struct" || struct.kind === "union", source.name);
  return { name: struct.name, union: struct.kind === "union", size: struct.size };
}

function accessTo(val: KernelVal, root: Root, field: KernelField): FieldAccess {
  const step: FieldStep = {
    name: field.name,
    bitOffset: field.bitOffset,
    bits: field.bits,
    shape: field.shape,
  };
  return val.access ? { ...val.access, steps: [...val.access.steps, step] } : { root, steps: [step] };
}

/** `a.b` where `a` is the kernel's. */
export function readKernelField(s: Scope, val: KernelVal, root: Root, field: KernelField): Val {
  if (val.place === "context") return readRecordField(s, field);
  const access = accessTo(val, root, field);
  if (field.shape.kind === "struct" && field.type.kind === "kernel") return { ...val, access };
  if (field.bits !== undefined) return readBits(s, { ...val, access }, access, field);
  if (field.type.kind === "kernel") {
    // What a member points to may be gone or not yet there: it is read with care from here on.
    const base = readWord(s, val, access, field, 64);
    return { kind: "kernel", base, access: undefined, place: "kernel", direct: false };
  }
  if (field.type.kind === "string" || field.type.kind === "array" || field.type.kind === "address") {
    const size = sizeOf(field.type);
    const slot = ir.stackSlot(s.b, size, field.name);
    probeRead(
      s,
      "bpf_probe_read_kernel",
      slot,
      ir.constant(s.b, ir.u64, size),
      addressOf(s, { ...val, access }),
    );
    return loadVal(s, field.type, slot, 0, false);
  }
  return scalar(fromWord(s, readWord(s, val, access, field, field.size * 8), field.type));
}

/** An integer of 8 to 64 bits, in host order. */
function readWord(s: Scope, val: KernelVal, access: FieldAccess, field: KernelField, bits: number): ValueId {
  const type: IrInt = { kind: "int", bits, signed: false };
  if (val.direct) {
    const word = ir.emit(s.b, { kind: "kernel-load", type, address: val.base, access });
    return field.network && bits > 8 ? ir.emit(s.b, { kind: "swap-bytes", type, value: word }) : word;
  }
  const slot = scratch(s);
  const size = ir.constant(s.b, ir.u64, bits / 8);
  probeRead(s, "bpf_probe_read_kernel", slot, size, addressOf(s, { ...val, access }));
  return ir.load(s.b, slot, 0, bits, field.network ? "network" : "native");
}

/** A bit field: the bytes that hold it, shifted as this kernel has it. */
function readBits(s: Scope, val: KernelVal, access: FieldAccess, field: KernelField): Val {
  const slot = scratch(s);
  const size = fieldInfo(s, access, "size");
  ir.store(s.b, slot, 0, ir.constant(s.b, ir.u64, 0), 64, "native");
  // On a big-endian machine the bytes of a number come last.
  const at = s.low.bigEndian
    ? ir.pointerAdd(s.b, slot, ir.constant(s.b, ir.u64, 8 - field.size), field.size)
    : slot;
  probeRead(s, "bpf_probe_read_kernel", at, size, addressOf(s, val));
  const word = ir.load(s.b, slot, 0, 64, "native");
  const left = ir.binary(s.b, "shl", word, fieldInfo(s, access, "left"));
  const type = irInt(field.type);
  const aligned = type.signed ? ir.convert(s.b, left, ir.i64) : left;
  const right = ir.binary(s.b, type.signed ? "ashr" : "lshr", aligned, fieldInfo(s, access, "right"));
  return scalar(ir.convert(s.b, right, type));
}

/** Eight bytes to read into, of which one function needs only one. */
export function scratch(s: Scope): ValueId {
  const known = s.b.scratch;
  if (known !== undefined) return known;
  const slot = ir.stackSlotAtEntry(s.b, 8, "read");
  s.b.scratch = slot;
  return slot;
}

type Reader =
  "bpf_probe_read_kernel" | "bpf_probe_read_user" | "bpf_probe_read_kernel_str" | "bpf_probe_read_user_str";

export function probeRead(s: Scope, helper: Reader, to: ValueId, size: ValueId, from: ValueId): void {
  const known = ir.constantOf(s.b, size);
  const room = known === undefined ? 8 : Number(known);
  const memory: MemoryOperand = { kind: "pointer", pointer: to, displacement: 0, size: room };
  ir.emit(s.b, {
    kind: "helper",
    helper,
    type: ir.i64,
    arguments: [
      { kind: "memory", memory },
      { kind: "value", value: size },
      { kind: "value", value: from },
    ],
  });
}

// ---- records -----------------------------------------------------------------------------------------------------

function readRecordField(s: Scope, field: KernelField): Val {
  const offset = field.bitOffset / 8;
  const { type } = field;
  if (field.elsewhere) {
    const place = contextLoad(s, offset, ir.u32);
    const within = ir.convert(s.b, ir.binaryWith(s.b, "and", place, 0xffff), ir.u64);
    const base = ir.emit(s.b, {
      kind: "address-of",
      type: ir.u64,
      pointer: defined(s.context, "a context"),
    });
    const start = field.elsewhere === "from-here" ? offset + 4 : 0;
    return scalar(ir.binary(s.b, "add", base, ir.binaryWith(s.b, "add", within, start)));
  }
  if (type.kind === "string" || type.kind === "array") {
    const size = sizeOf(type);
    const slot = ir.stackSlot(s.b, size, field.name);
    for (let at = 0; at < size;) {
      const bytes = [8, 4, 2, 1].find((one) => (offset + at) % one === 0 && at + one <= size) ?? 1;
      const part = contextLoad(s, offset + at, { kind: "int", bits: bytes * 8, signed: false });
      ir.store(s.b, slot, at, part, bytes * 8, "native");
      at += bytes;
    }
    return loadVal(s, type, slot, 0, false);
  }
  const word = contextLoad(s, offset, { kind: "int", bits: Math.min(field.size, 8) * 8, signed: false });
  if (type.kind === "kernel")
    return { kind: "kernel", base: word, access: undefined, place: "kernel", direct: false };
  return scalar(fromWord(s, word, type));
}

// ---- builtins ----------------------------------------------------------------------------------------------------

/** `str<N>(p)`, `userStr<N>(p)`. */
export function readText(s: Scope, call: CallExpression, name: "str" | "userStr"): Val {
  const type = typeOf(s, call);
  invariant(type.kind === "string", "a text");
  const argument = defined(call.arguments[0], "an address");
  const from = typeOf(s, argument);
  const space = from.kind === "pointer" ? from.space : isUserHook(s.hook) ? "user" : "kernel";
  const user = name === "userStr" || space === "user";
  const address = lowerExpression(s, argument);
  invariant(address.kind === "scalar", "an address");
  const slot = ir.stackSlot(s.b, type.length, "text");
  // What the text does not fill is zero, so that equal texts are equal keys.
  ir.emit(s.b, { kind: "zero", pointer: slot, displacement: 0, size: type.length });
  const size = ir.constant(s.b, ir.u64, type.length);
  const helper = user ? "bpf_probe_read_user_str" : "bpf_probe_read_kernel_str";
  probeRead(s, helper, slot, size, ir.convert(s.b, address.value, ir.u64));
  return { kind: "memory", pointer: slot, displacement: 0, shared: false };
}

/** `read<u32>(p)`, `userRead<u32>(p)`. */
export function readInteger(s: Scope, call: CallExpression, name: "read" | "userRead"): Val {
  const argument = defined(call.arguments[0], "an address");
  const from = typeOf(s, argument);
  const space = from.kind === "pointer" ? from.space : isUserHook(s.hook) ? "user" : "kernel";
  const helper = name === "userRead" || space === "user" ? "bpf_probe_read_user" : "bpf_probe_read_kernel";
  const address = lowerExpression(s, argument);
  invariant(address.kind === "scalar", "an address");
  const type = irInt(typeOf(s, call));
  const slot = scratch(s);
  const size = ir.constant(s.b, ir.u64, type.bits / 8);
  probeRead(s, helper, slot, size, ir.convert(s.b, address.value, ir.u64));
  return scalar(ir.load(s.b, slot, 0, type.bits, "native", type.signed));
}

/** In a probe of a process, addresses are the process's. */
function isUserHook(hook: string): boolean {
  return hook === "uprobe" || hook === "uretprobe" || hook === "usdt";
}

/** `exists(a.b)` */
export function fieldExists(s: Scope, argument: Expression): Val {
  invariant(argument.kind === "member-access", "a field");
  const object = lowerExpression(s, argument.object);
  const meaning = meaningOf(s, argument);
  invariant(object.kind === "kernel" && meaning.kind === "kernel-field", "a field of the kernel's");
  const access = accessTo(object, rootOf(s, argument), meaning.field);
  return scalar(ir.compareWith(s.b, "ne", fieldInfo(s, access, "exists"), 0));
}

/** `task()` */
export function currentTask(s: Scope): Val {
  const base = ir.helper(s.b, "bpf_get_current_task", []);
  return { kind: "kernel", base, access: undefined, place: "kernel", direct: false };
}

/** `comm()`: 16 bytes, the rest of them zero. */
export function currentComm(s: Scope): Val {
  const size = 16;
  const slot = ir.stackSlot(s.b, size, "comm");
  ir.emit(s.b, {
    kind: "helper",
    helper: "bpf_get_current_comm",
    type: ir.i64,
    arguments: [
      { kind: "memory", memory: { kind: "pointer", pointer: slot, displacement: 0, size } },
      { kind: "value", value: ir.constant(s.b, ir.u64, size) },
    ],
  });
  return { kind: "memory", pointer: slot, displacement: 0, shared: false };
}
