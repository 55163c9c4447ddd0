/** Types as written → types. */
import { didYouMean } from "../diagnostics/suggest.js";
import { packetKind, packetTypeNames } from "../kernel/programs.js";
import { lookup, visible, type Binding } from "../resolve/index.js";
import type { AddressFamily, Expression, NamedType, TypeNode } from "../syntax/ast.js";
import { error, moduleContext, type Context } from "./context.js";
import { constantNumber } from "./constants.js";
import { enumOf } from "./enums.js";
import { mapKinds } from "./map-kinds.js";
import { unknownName } from "./lookup.js";
import { structOf } from "./structs.js";
import {
  addressType,
  aTypeName,
  boolType,
  errorType,
  intType,
  measure,
  nullable,
  typeName,
} from "./type-tools.js";
import type { Type } from "./types.js";

const addressTypes: Readonly<Record<string, AddressFamily>> = {
  Ipv4Addr: "ipv4",
  Ipv6Addr: "ipv6",
  MacAddr: "mac",
};
const commonTypes = ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "bool", "string"];
const largestArray = 1 << 20;

export function resolveType(cx: Context, node: TypeNode): Type {
  switch (node.kind) {
    case "error-type":
      return errorType;
    case "nullable-type":
      return nullable(resolveType(cx, node.inner));
    case "array-type": {
      const element = resolveType(cx, node.element);
      const length = arrayLength(cx, node.length, "array");
      if (element.kind === "error" || length === undefined) return errorType;
      if (!measure(element)) {
        error(cx, "XD3404", node.element, `An array cannot hold ${aTypeName(element)}.`, {
          label: "not a type that lies in memory",
          notes: [memoryNote],
        });
        return errorType;
      }
      return { kind: "array", element, length };
    }
    case "named-type":
      return namedType(cx, node);
  }
}

export const memoryNote =
  "In memory stand integers of 8, 16, 32 or 64 bits, `bool`, addresses, enums, strings, arrays and structs.";

function arrayLength(cx: Context, expression: Expression, what: string): number | undefined {
  const value = constantNumber(
    cx,
    expression,
    `The length of ${what === "array" ? "an array" : `a ${what}`}`,
  );
  if (value === undefined) return undefined;
  if (value >= 1n && value <= BigInt(largestArray)) return Number(value);
  error(
    cx,
    "XD3405",
    expression,
    `The length of ${what === "array" ? "an array" : `a ${what}`} is ${value} here.`,
    {
      label: `must be 1..${largestArray}`,
    },
  );
  return undefined;
}

function namedType(cx: Context, node: NamedType): Type {
  const { name } = node.name;
  if (name === "") return errorType;
  const int = /^([ui])([1-9]\d?)$/.exec(name);
  if (int && Number(int[2]) <= 64) return plain(cx, node, intType(Number(int[2]), int[1] === "i"));
  const binding = lookup(cx.root.resolved, cx.module, name);
  if (binding) return plain(cx, node, declaredType(cx, binding, node));
  if (name === "bool") return plain(cx, node, boolType);
  const family = addressTypes[name];
  if (family !== undefined && Object.hasOwn(addressTypes, name)) return plain(cx, node, addressType(family));
  const packet = packetKind(name);
  if (packet) return plain(cx, node, { kind: "packet", hook: packet.hook });
  if (name === "string") return stringType(cx, node);
  if (mapKinds.has(name)) {
    error(cx, "XD3205", node, `\`${name}\` is a kind of map, not the type of a value.`, {
      label: "a map cannot be passed or stored",
      notes: [
        "A map is made once, at the top of a module, and used by its name: `const m = new Hash<u32, u64>(1024);`.",
      ],
    });
    return errorType;
  }
  const other = Object.hasOwn(foreign, name) ? foreign[name] : undefined;
  const notes = other ? [other.note] : int ? ["Integers have 1 to 64 bits."] : [];
  unknownName(cx, node.name, "type", typeNames(cx), notes, other?.type);
  return errorType;
}

/** Types of other languages: what to write here, and why. */
const foreign: Readonly<Record<string, { readonly type?: string; readonly note: string }>> = {
  number: { type: "u64", note: "Integers say their width: `u8` to `u64`, and `i8` to `i64` with a sign." },
  int: { type: "i32", note: "Integers say their width: `i32`, `u32`, `u64` and so on." },
  bigint: { type: "u64", note: "Integers have at most 64 bits." },
  boolean: { type: "bool", note: "The type is called `bool`." },
  float: { note: "The kernel has no floating point numbers." },
  double: { note: "The kernel has no floating point numbers." },
  any: { note: "Every value has one type, known when the script is compiled." },
  undefined: { note: "What may be missing is `T | null`." },
  Packet: { note: `The packet's type is ${packetTypeNames.map((one) => `\`${one}\``).join(", ")}.` },
};

function typeNames(cx: Context): Set<string> {
  const names = new Set<string>([...commonTypes, ...Object.keys(addressTypes), ...packetTypeNames]);
  for (const [name, { declaration }] of visible(cx.root.resolved, cx.module)) {
    if (["struct", "type", "header", "enum"].includes(declaration.kind)) names.add(name);
  }
  return names;
}

function plain(cx: Context, node: NamedType, type: Type): Type {
  const [first] = node.arguments;
  if (!first) return type;
  error(cx, "XD3406", first, `\`${node.name.name}\` takes no type arguments.`, { label: "not expected" });
  return type;
}

function stringType(cx: Context, node: NamedType): Type {
  const [length] = node.arguments;
  if (!length || node.arguments.length !== 1) {
    error(cx, "XD3406", node, "`string` takes its size in bytes: `string<16>`.", { label: "size missing" });
    return errorType;
  }
  const expression = constantArgument(length);
  if (!expression) {
    error(cx, "XD3405", length, "The size of a string is a number of bytes.", {
      label: "a type, not a number",
    });
    return errorType;
  }
  const size = arrayLength(cx, expression, "string");
  return size === undefined ? errorType : { kind: "string", length: size };
}

/** A type argument that is a constant: the parser reads a lone name as a type. */
export function constantArgument(argument: TypeNode | Expression): Expression | undefined {
  switch (argument.kind) {
    case "named-type":
      return argument.arguments.length === 0 ? argument.name : undefined;
    case "array-type":
    case "nullable-type":
    case "error-type":
      return undefined;
    default:
      return argument;
  }
}

/** A type argument that is a type; undefined (and reported) when it is an expression. */
export function typeArgument(cx: Context, argument: TypeNode | Expression): Type {
  switch (argument.kind) {
    case "named-type":
    case "array-type":
    case "nullable-type":
    case "error-type":
      return resolveType(cx, argument);
    default:
      error(cx, "XD3211", argument, "A type is expected here.", { label: "not a type" });
      return errorType;
  }
}

function declaredType(cx: Context, binding: Binding, node: NamedType): Type {
  const { declaration } = binding;
  const there = moduleContext(cx.root, binding.module);
  switch (declaration.kind) {
    case "struct":
      return structOf(there, declaration);
    case "enum":
      return enumOf(there, declaration);
    case "header": {
      const header = cx.root.headers.get(declaration);
      return header ? { kind: "layer", header } : errorType;
    }
    case "type": {
      const known = cx.root.types.get(declaration);
      if (known === "busy") {
        error(
          there,
          "XD3014",
          declaration.name,
          `The type \`${declaration.name.name}\` is defined by itself.`,
          {
            label: "needs itself",
          },
        );
        return errorType;
      }
      if (known) return known;
      cx.root.types.set(declaration, "busy");
      const type = resolveType(there, declaration.type);
      cx.root.types.set(declaration, type);
      return type;
    }
    default: {
      const what = { param: "a param", variable: "a value", function: "a function", program: "a program" };
      const meant = didYouMean(node.name.name, typeNames(cx));
      error(cx, "XD2007", node.name, `\`${node.name.name}\` is ${what[declaration.kind]}, not a type.`, {
        label: meant === undefined ? "not a type" : `did you mean \`${meant}\`?`,
        related: [{ span: declaration.name.span, message: "declared here" }],
      });
      return errorType;
    }
  }
}

/** Reports a type that cannot lie in memory; gives an error type then. */
export function requireMemory(cx: Context, node: TypeNode, type: Type, where: string): Type {
  if (type.kind === "error" || measure(type)) return type;
  const notes = [memoryNote];
  if (type.kind === "int") {
    const bits = [8, 16, 32, 64].find((one) => one >= type.bits) ?? 64;
    const wider = typeName(intType(bits, type.signed));
    error(cx, "XD3404", node, `${where} cannot be ${aTypeName(type)}.`, {
      label: "not 8, 16, 32 or 64 bits",
      notes: ["Other widths exist in headers only."],
      fixes: [{ title: `use \`${wider}\``, edits: [{ span: node.span, text: wider }] }],
    });
    return errorType;
  }
  if (type.kind === "nullable")
    notes.push("Say that a value is absent with a number of its own, or with a `bool` beside it.");
  error(cx, "XD3404", node, `${where} cannot be ${aTypeName(type)}.`, {
    label: "cannot lie in memory",
    notes,
  });
  return errorType;
}
