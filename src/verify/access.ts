/** Obligations on memory: every access lies in its object, through a pointer that is not null and still alive. */
import type { Span } from "../base/span.js";
import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { HelperArgument, Instruction, MemoryOperand, ValueId } from "../ir/ir.js";
import { describe } from "./explain.js";
import type { Place } from "./flow/sweep.js";
import { fault } from "./fault.js";
import { extentOf, mayBeNull } from "./flow/pointers.js";

/** The accesses of an instruction that are not proven, at most one fault each. */
export function checkAccesses(one: Instruction, place: Place): readonly Diagnostic[] {
  const check = (pointer: ValueId, from: number, size: number): Diagnostic[] =>
    checkAccess(pointer, from, size, one.span, place);
  const operand = (memory: MemoryOperand): Diagnostic[] =>
    memory.kind === "pointer" ? check(memory.pointer, memory.displacement, memory.size) : [];
  switch (one.kind) {
    case "load":
      return check(one.pointer, one.displacement, one.type.bits / 8);
    case "store":
    case "atomic":
      return check(one.pointer, one.displacement, one.bits / 8);
    case "zero":
      return check(one.pointer, one.displacement, one.size);
    case "copy":
      return [
        ...check(one.to, one.toDisplacement, one.size),
        ...check(one.from, one.fromDisplacement, one.size),
      ];
    case "map-lookup":
    case "map-delete":
      return operand(one.key);
    case "map-update":
      return [...operand(one.key), ...operand(one.value)];
    case "helper":
      return one.arguments.flatMap((each: HelperArgument) =>
        each.kind === "memory" ? operand(each.memory) : [],
      );
    case "packet-check":
      return alive(one.pointer, one.span, place);
    case "pointer-add": {
      if (mayBeNull(one.pointer, place.known)) return [nullUse(one.pointer, one.span, place)];
      return alive(one.pointer, one.span, place);
    }
    default:
      return [];
  }
}

function checkAccess(pointer: ValueId, from: number, size: number, span: Span, place: Place): Diagnostic[] {
  const { known } = place;
  const type = known.index.typeOf(pointer);
  if (type?.kind !== "pointer") return [];
  if (mayBeNull(pointer, known)) return [nullUse(pointer, span, place)];
  const state = place.pointer(pointer);
  if (type.region === "packet") {
    const dead = alive(pointer, span, place);
    if (dead.length > 0) return dead;
    const extent = extentOf(pointer, known);
    if (from >= 0 && from + size <= extent) return [];
    return [
      fault("bytes", span, {
        label: `bytes ${from}..${from + size - 1}, of which ${extent} were found in the packet`,
        notes: ["a packet may end anywhere: an access must follow a check of its bytes"],
      }),
    ];
  }
  if (state.size === undefined) return [];
  const low = state.low + BigInt(from);
  const high = state.high + BigInt(from + size);
  if (low >= 0n && high <= BigInt(state.size)) return [];
  return [
    fault("memory", span, {
      label: `bytes ${low}..${high - 1n} of ${state.size}`,
      notes: [`the memory of ${describe(pointer, known.index)} has ${state.size} bytes`],
    }),
  ];
}

function alive(pointer: ValueId, span: Span, place: Place): Diagnostic[] {
  const type = place.known.index.typeOf(pointer);
  if (type?.kind !== "pointer" || (type.region !== "packet" && type.region !== "packet-end")) return [];
  if (place.pointer(pointer).epoch === place.epoch()) return [];
  return [fault("moved", span, { label: "used after the packet moved" })];
}

function nullUse(pointer: ValueId, span: Span, place: Place): Diagnostic {
  const name = describe(pointer, place.known.index);
  return diagnostic("XD4106", span, `${name} may be null here`, {
    label: "may be null",
    notes: ["test it first, and leave or take another value where it is null"],
  });
}
