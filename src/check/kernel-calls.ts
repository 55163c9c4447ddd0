/** `str`, `userStr`, `exists`, `task`: what reads the kernel's memory and a process's. */
import { wrapFix } from "../diagnostics/edits.js";
import type { CallExpression, Expression } from "../syntax/ast.js";
import { arity, checkRest } from "./arguments.js";
import { error, setType, shortText, type Context } from "./context.js";
import { constantNumber } from "./constants.js";
import { checkAny, checkExpression } from "./expressions.js";
import { kernelField } from "./kernel-members.js";
import { kernelTypes } from "./probe-targets.js";
import { constantArgument, typeArgument } from "./type-nodes.js";
import { aTypeName, boolType, errorType, measure } from "./type-tools.js";
import type { Type } from "./types.js";

/** Without `str<N>`: as much as fits a path, without filling the stack. */
const defaultText = 64;
const longestText = 256;

/** `str<32>(p)`: the text at an address, cut after N - 1 bytes. */
export function checkText(cx: Context, node: CallExpression, name: "str" | "userStr"): Type {
  const [argument] = node.arguments;
  const length = textLength(cx, node);
  if (!arity(cx, node, name, 1, 1) || !argument) {
    checkRest(cx, node.arguments);
    return errorType;
  }
  const type = checkAny(cx, argument);
  if (type.kind === "error") return errorType;
  const fits =
    (type.kind === "pointer" && (type.text || name === "userStr")) ||
    (type.kind === "int" && type.bits === 64);
  if (!fits) {
    error(cx, "XD3001", argument, `\`${name}\` reads the text at an address; this is ${aTypeName(type)}.`, {
      label: type.kind === "string" ? "a text already" : aTypeName(type),
      notes:
        type.kind === "pointer"
          ? [`Read it as text all the same: \`${name}(${shortText(argument)} as u64)\`.`]
          : [],
    });
    return errorType;
  }
  return { kind: "string", length };
}

/** `read<u32>(p)`: the integer at an address; 0 where nothing can be read. */
export function checkRead(cx: Context, node: CallExpression, name: "read" | "userRead"): Type {
  const [argument] = node.arguments;
  const [wanted] = node.typeArguments;
  const type = wanted ? typeArgument(cx, wanted) : undefined;
  if (!type || node.typeArguments.length !== 1)
    error(cx, "XD3211", node.callee, `\`${name}\` says what it reads: \`${name}<u64>(…)\`.`, {
      label: "of which type?",
      fixes: wanted ? [] : [wrapFix("read 64 bits", node.callee, "", "<u64>")],
    });
  else if (wanted && (type.kind !== "int" || !measure(type)) && type.kind !== "error")
    error(cx, "XD3211", wanted, `\`${name}\` reads an integer of 8, 16, 32 or 64 bits.`, {
      label: aTypeName(type),
    });
  if (!arity(cx, node, name, 1, 1) || !argument) {
    checkRest(cx, node.arguments);
    return errorType;
  }
  const from = checkAny(cx, argument);
  if (from.kind === "error") return errorType;
  if (from.kind !== "pointer" && !(from.kind === "int" && from.bits === 64)) {
    error(cx, "XD3001", argument, `\`${name}\` reads at an address; this is ${aTypeName(from)}.`, {
      label: aTypeName(from),
    });
    return errorType;
  }
  return type?.kind === "int" && measure(type) ? type : errorType;
}

function textLength(cx: Context, node: CallExpression): number {
  const [first, second] = node.typeArguments;
  if (!first) return defaultText;
  if (second) error(cx, "XD3211", second, "A text has one length.", { label: "not expected" });
  const expression = constantArgument(first);
  const value = expression && constantNumber(cx, expression, "The length of a text");
  if (value !== undefined && value >= 2n && value <= BigInt(longestText)) return Number(value);
  if (!expression || value !== undefined) {
    error(cx, "XD3405", first, "The length of a text is a number of bytes, its end among them.", {
      label: `must be 2..${longestText}`,
    });
  }
  return defaultText;
}

/** `exists(task.__state)`: whether the kernel that runs the program has this field. */
export function checkExists(cx: Context, node: CallExpression): Type {
  const [argument] = node.arguments;
  if (!arity(cx, node, "exists", 1, 1) || !argument) {
    checkRest(cx, node.arguments);
    return boolType;
  }
  if (argument.kind !== "member-access") return notField(cx, argument);
  const object = checkExpression(cx, argument.object);
  if (object.kind === "error") return boolType;
  if (object.kind !== "kernel" || object.source.kind !== "btf") return notField(cx, argument);
  setType(cx, argument, boolType);
  const field = kernelField(object, argument.member.name);
  const unknown = {
    name: argument.member.name,
    type: boolType,
    bitOffset: 0,
    bits: undefined,
    size: 4,
    // The kernel compares the name, and that both are integers, pointers or structs: an unknown field's kind is a guess.
    shape: { kind: "int", bits: 32, signed: false },
    network: false,
    elsewhere: undefined,
  } as const;
  cx.root.tables.members.set(argument.id, { kind: "kernel-field", field: field ?? unknown });
  return boolType;
}

function notField(cx: Context, argument: Expression): Type {
  checkAny(cx, argument);
  error(cx, "XD3001", argument, "`exists` takes a field of one of the kernel's structs.", {
    label: "as in `exists(task().comm)`",
  });
  return boolType;
}

/** `task()`: the thread that runs. */
export function checkTask(cx: Context, node: CallExpression): Type {
  arity(cx, node, "task", 0, 0);
  checkRest(cx, node.arguments);
  const btf = kernelTypes(cx, node);
  const id = btf?.find("struct", "task_struct");
  if (!btf || id === undefined) return errorType;
  return { kind: "kernel", source: { kind: "btf", btf, id, name: "task_struct" } };
}
