/** Methods of maps. */
import { didYouMean } from "../diagnostics/suggest.js";
import { assertNever } from "../base/invariant.js";
import type { CallExpression, Expression, MemberExpression } from "../syntax/ast.js";
import type { MapSymbol } from "./checked.js";
import { checkAdd, checkClear, checkPrintMap, checkRecord } from "./aggregation-calls.js";
import { arity, checkRest } from "./arguments.js";
import { error, shortText, type Context } from "./context.js";
import { checkAs, checkExpression } from "./expressions.js";
import { globalPath } from "./flow.js";
import { noteLoss } from "./history.js";
import { mapKind, type MapMethod } from "./map-kinds.js";
import { forgetEntries, movePacket } from "./moves.js";
import { aTypeName, boolType, errorType, nullable, u32, voidType } from "./type-tools.js";
import type { MapType, Type } from "./types.js";
import { sentence, withArticle } from "./words.js";

/** The type of a map's keys: of array, device, CPU, socket and program maps a `u32`. */
export function keyType(map: MapType): Type | undefined {
  return map.map === "RingBuffer" ? undefined : (map.key ?? u32);
}

const otherNames: Readonly<Record<string, readonly MapMethod[]>> = {
  lookup: ["get"],
  find: ["get"],
  read: ["get"],
  put: ["set"],
  insert: ["set"],
  update: ["set"],
  add: ["set", "record"],
  record: ["add", "set"],
  increment: ["add"],
  inc: ["add"],
  count: ["add"],
  observe: ["record"],
  reset: ["clear"],
  zero: ["clear"],
  contains: ["has"],
  exists: ["has"],
  remove: ["delete"],
  erase: ["delete"],
  pop: ["take"],
  push: ["emit"],
  send: ["emit"],
  submit: ["emit"],
  output: ["emit"],
  tailCall: ["call"],
};

const allMethods: readonly MapMethod[] = [
  "get",
  "set",
  "has",
  "delete",
  "take",
  "emit",
  "call",
  "add",
  "record",
  "print",
  "clear",
];

export function checkMapCall(
  cx: Context,
  node: CallExpression,
  callee: MemberExpression,
  map: MapSymbol,
): Type {
  const { name } = callee.member;
  const info = mapKind(map.type.map);
  const tested = cx.body?.test ? checkTestMethod(cx, node, name, map) : undefined;
  if (tested) return tested;
  const method = allMethods.find((one) => one === name);
  if (method === undefined || !info.methods.includes(method)) {
    checkRest(cx, node.arguments);
    if (name !== "") wrongMethod(cx, callee, map, method !== undefined);
    return errorType;
  }
  cx.root.tables.calls.set(node.id, { kind: "map-method", map, method });
  return checkMethod(cx, node, map, method);
}

/** What tests can do beside programs: read ring buffers, and fill maps of sockets, devices and CPUs. */
function checkTestMethod(cx: Context, node: CallExpression, name: string, map: MapSymbol): Type | undefined {
  if (name === "take" && map.type.map === "RingBuffer") {
    if (!arity(cx, node, `${map.name}.take`, 0, 0)) checkRest(cx, node.arguments);
    cx.root.tables.calls.set(node.id, { kind: "test-map", map, method: "take" });
    return nullable(map.type.value ?? errorType);
  }
  if (name !== "set" || !mapKind(map.type.map).redirect) return undefined;
  const [key, value] = node.arguments;
  if (arity(cx, node, `${map.name}.set`, 2, 2) && key && value) {
    checkAs(cx, key, keyType(map.type) ?? u32, `a key of \`${map.name}\``);
    checkAs(cx, value, u32, `a value of \`${map.name}\``);
  } else checkRest(cx, node.arguments);
  cx.root.tables.calls.set(node.id, { kind: "test-map", map, method: "set" });
  return voidType;
}

function wrongMethod(cx: Context, callee: MemberExpression, map: MapSymbol, exists: boolean): void {
  const { name } = callee.member;
  const info = mapKind(map.type.map);
  const others = Object.hasOwn(otherNames, name) ? (otherNames[name] ?? []) : [];
  const other = others.find((one) => info.methods.includes(one));
  const meant = other ?? (exists ? undefined : didYouMean(name, info.methods));
  const list = info.methods.map((one) => `\`${one}\``).join(", ");
  const notes =
    meant === undefined
      ? [list === "" ? "" : `It can: ${list}.`, whyNot(map, name)].filter((one) => one !== "")
      : [];
  error(cx, "XD3507", callee.member, `${sentence(withArticle(map.type.map))} has no \`${name}\`.`, {
    label: meant === undefined ? "not possible" : `did you mean \`${meant}\`?`,
    notes,
    related: [{ span: map.declaration.name.span, message: `\`${map.name}\` is declared here` }],
    fixes:
      meant === undefined
        ? []
        : [{ title: `change it to \`${meant}\``, edits: [{ span: callee.member.span, text: meant }] }],
  });
}

function whyNot(map: MapSymbol, method: string): string {
  const info = mapKind(map.type.map);
  if (info.array && (method === "delete" || method === "take")) {
    return "Every entry of an array always exists; set it to zero instead.";
  }
  if (info.redirect) return `Packets are sent to an entry with \`redirect(${map.name}, key)\`.`;
  if (map.type.map === "LpmTrie" && method === "take") return "Use `get`, then `delete`.";
  return "";
}

function checkMethod(cx: Context, node: CallExpression, map: MapSymbol, method: MapMethod): Type {
  const key = keyType(map.type) ?? errorType;
  const value = map.type.value ?? errorType;
  const role = `a key of \`${map.name}\``;
  const args = node.arguments;
  const [first, second, third] = args;
  switch (method) {
    case "get":
    case "has":
    case "take":
      if (arity(cx, node, `${map.name}.${method}`, 1, 1) && first) checkAs(cx, first, key, role);
      else checkRest(cx, args);
      if (method === "take") removed(cx, map, node);
      return method === "has" ? boolType : nullable(value);
    case "delete":
      if (arity(cx, node, `${map.name}.delete`, 1, 1) && first) checkKey(cx, first, map, key, role);
      else checkRest(cx, args);
      removed(cx, map, node);
      return boolType;
    case "set":
      if (arity(cx, node, `${map.name}.set`, 2, 3) && first && second) {
        checkKey(cx, first, map, key, role);
        checkAs(cx, second, value, `a value of \`${map.name}\``);
        if (third) checkMode(cx, third);
      } else checkRest(cx, args);
      // Room for a new entry may be made by dropping another.
      if (map.type.map.startsWith("Lru")) removed(cx, map, node);
      return boolType;
    case "emit":
      if (arity(cx, node, `${map.name}.emit`, 1, 1) && first)
        checkAs(cx, first, value, `an event of \`${map.name}\``);
      else checkRest(cx, args);
      return boolType;
    case "call":
      return checkTailCall(cx, node, map);
    case "add":
      return checkAdd(cx, node, map);
    case "record":
      return checkRecord(cx, node, map);
    case "print":
      return checkPrintMap(cx, node, map);
    case "clear":
      removed(cx, map, node);
      return checkClear(cx, node, map);
    default:
      return assertNever(method, "map method");
  }
}

function checkTailCall(cx: Context, node: CallExpression, map: MapSymbol): Type {
  const [packet, index] = node.arguments;
  if (arity(cx, node, `${map.name}.call`, 2, 2) && packet && index) {
    const type = checkExpression(cx, packet);
    if (type.kind !== "packet" && type.kind !== "error") {
      error(cx, "XD3001", packet, `A tail call is given the packet, but this is ${aTypeName(type)}.`, {
        label: "expected `pkt`",
      });
    }
    checkAs(cx, index, u32, `an index of \`${map.name}\``);
  } else checkRest(cx, node.arguments);
  movePacket(cx, node, `\`${shortText(node)}\` hands the packet to another program, which may have moved it`);
  return voidType;
}

/** The key of a write; a longest-prefix-match trie is written by prefix. */
function checkKey(cx: Context, key: Expression, map: MapSymbol, type: Type, role: string): void {
  if (map.type.map !== "LpmTrie" || type.kind !== "address") {
    checkAs(cx, key, type, role);
    return;
  }
  const given = checkExpression(cx, key, type);
  if (given.kind === "prefix" && given.family === type.family) return;
  if (given.kind === "prefix") {
    error(
      cx,
      "XD3001",
      key,
      `A prefix in \`${map.name}\` must be of ${aTypeName(type)}, but this is ${aTypeName(given)}.`,
      {
        label: "another family",
      },
    );
    return;
  }
  checkAs(cx, key, type, role);
}

function checkMode(cx: Context, mode: Expression): void {
  checkExpression(cx, mode);
  if (mode.kind === "string" && (mode.value === "create" || mode.value === "update")) return;
  error(cx, "XD3203", mode, 'The third argument of `set` is `"create"` or `"update"`.', {
    label: "not a mode",
    notes: ['`"create"` fails when the key exists, `"update"` when it does not; without it both are done.'],
  });
}

function removed(cx: Context, map: MapSymbol, call: CallExpression): void {
  const path = globalPath(map.declaration.id);
  if (cx.body) cx.body.flow = forgetEntries(cx.body.flow, path);
  noteLoss(cx, call.span, "entries are removed here", (one) => one.startsWith(path));
}
