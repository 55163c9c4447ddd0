/** Calls that only tests have: programs, packets, and what programs see of the world. */
import { assertNever } from "../base/invariant.js";
import type { CallExpression, Expression, Identifier } from "../syntax/ast.js";
import { arity, checkRest } from "./arguments.js";
import type { ProgramSymbol, TestCall } from "./checked.js";
import { constantOf, error, setType, type Context } from "./context.js";
import { symbolOf } from "./declarations.js";
import { checkAs, checkExpression } from "./expressions.js";
import { programSymbol } from "./programs.js";
import { fillHeader } from "./layer-calls.js";
import type { Found } from "./lookup.js";
import { movePacket } from "./moves.js";
import { resolveType } from "./type-nodes.js";
import { aTypeName, boolType, errorType, u32, u64, u8, voidType } from "./type-tools.js";
import type { Header, Type } from "./types.js";
import { testPacket } from "./tests.js";

const calls: readonly TestCall[] = [
  "expect",
  "packet",
  "capture",
  "captured",
  "receivedOn",
  "advance",
  "onCpu",
  "route",
  "redirected",
  "printed",
];

/** The type of a call of a test; undefined when it is one that programs have too. */
export function checkTestCall(
  cx: Context,
  node: CallExpression,
  callee: Identifier,
  found: Found | undefined,
): Type | undefined {
  if (found?.kind === "binding" && found.binding.declaration.kind === "program") {
    const known = symbolOf(cx.root, found.binding);
    const symbol = known?.kind === "program" ? known : programSymbol(cx, found.binding.declaration);
    return symbol && runsProgram(cx, node, symbol);
  }
  const call = found ? undefined : calls.find((one) => one === callee.name);
  if (call === undefined) return undefined;
  cx.root.tables.calls.set(node.id, { kind: "test", call });
  return checkCall(cx, node, call);
}

/** `firewall(p)`: the verdict; the packet is left changed. */
function runsProgram(cx: Context, node: CallExpression, symbol: ProgramSymbol): Type {
  if (symbol.hook !== "xdp") {
    checkRest(cx, node.arguments);
    error(
      cx,
      "XD3202",
      node.callee,
      `\`${symbol.name}\` is a program of kind \`${symbol.hook}\`, which tests don't run.`,
      {
        label: "cannot be called",
        notes: ["Tests run `xdp` programs, on packets that they make."],
      },
    );
    return errorType;
  }
  cx.root.tables.calls.set(node.id, { kind: "program", symbol });
  const [packet] = node.arguments;
  if (arity(cx, node, symbol.name, 1, 1) && packet)
    checkAs(cx, packet, testPacket, `the packet for \`${symbol.name}\``);
  else checkRest(cx, node.arguments);
  movePacket(cx, node, `\`${symbol.name}\` runs and may move the packet`);
  return symbol.result;
}

function checkCall(cx: Context, node: CallExpression, call: TestCall): Type {
  const args = node.arguments;
  const [first, second] = args;
  const all = (types: readonly Type[]): void => {
    if (!arity(cx, node, call, types.length, types.length)) {
      checkRest(cx, args);
      return;
    }
    args.forEach((one, i) => checkAs(cx, one, types[i] ?? errorType, `an argument of \`${call}\``));
  };
  switch (call) {
    case "expect":
      checkRest(cx, args);
      error(cx, "XD3801", node, "`expect(…)` is the beginning of a statement.", { label: "has no value" });
      return errorType;
    case "packet":
      arity(cx, node, call, 1, Infinity);
      for (const one of args) checkLayer(cx, one);
      return testPacket;
    case "capture":
    case "captured":
      if (arity(cx, node, call, call === "capture" ? 2 : 1, call === "capture" ? 2 : 1) && first) {
        text(cx, first, "the file of a capture");
        if (second) checkAs(cx, second, u32, "the number of a packet, from 0");
      } else checkRest(cx, args);
      return call === "capture" ? testPacket : u32;
    case "receivedOn":
      all([testPacket, u32, u32]);
      return voidType;
    case "advance":
      all([u64]);
      return voidType;
    case "onCpu":
      all([u32]);
      return voidType;
    case "route":
      return checkRoute(cx, node);
    case "redirected":
      all([]);
      return u32;
    case "printed":
      if (arity(cx, node, call, 1, 1) && first) text(cx, first, "a line that was printed");
      else checkRest(cx, args);
      return boolType;
    default:
      return assertNever(call, "call of a test");
  }
}

function text(cx: Context, node: Expression, what: string): void {
  const type = checkExpression(cx, node);
  if (node.kind === "string" || type.kind === "error") return;
  error(cx, "XD3203", node, `This is ${what}, written as a string.`, { label: "not a string" });
}

/** `route(10.0.0.0/8, ifindex, src, dst)`: what `fibLookup` finds. */
function checkRoute(cx: Context, node: CallExpression): Type {
  const [network, ifindex, src, dst] = node.arguments;
  if (!arity(cx, node, "route", 4, 4) || !network || !ifindex || !src || !dst) {
    checkRest(cx, node.arguments);
    return voidType;
  }
  const type = checkExpression(cx, network);
  if (constantOf(cx, network)?.kind !== "prefix" && type.kind !== "error") {
    error(cx, "XD3203", network, "A route leads to a prefix, such as `10.0.0.0/8`.", {
      label: aTypeName(type),
    });
  }
  checkAs(cx, ifindex, u32, "the device of a route");
  const mac: Type = { kind: "address", family: "mac" };
  checkAs(cx, src, mac, "the device's address");
  checkAs(cx, dst, mac, "the next hop's address");
  return voidType;
}

/** One part of a packet: `Ipv4({ … })`, with its options behind the fields, or bytes. */
function checkLayer(cx: Context, node: Expression): void {
  if (node.kind !== "call") {
    checkBytes(cx, node);
    return;
  }
  const header = headerOf(cx, node);
  setType(cx, node.callee, voidType);
  setType(cx, node, header ? { kind: "layer", header } : errorType);
  if (!header) {
    checkRest(cx, node.arguments);
    return;
  }
  cx.root.tables.calls.set(node.id, { kind: "new-layer", header });
  const [fields, options, extra] = node.arguments;
  arity(cx, node, header.name, 0, header.size ? 2 : 1);
  if (fields) fillHeader(cx, fields, header);
  if (options) checkBytes(cx, options);
  if (extra) checkRest(cx, [extra]);
}

function headerOf(cx: Context, node: CallExpression): Header | undefined {
  const { callee } = node;
  if (callee.kind === "identifier") {
    const name = { kind: "named-type", id: -1, span: callee.span, name: callee, arguments: [] } as const;
    const type = resolveType(cx, name);
    if (type.kind === "layer") return type.header;
    if (type.kind === "error") return undefined;
  }
  notLayer(cx, callee);
  return undefined;
}

function notLayer(cx: Context, at: Expression): void {
  error(cx, "XD3802", at, "A packet is made of headers and bytes.", {
    label: "neither",
    notes: ['For example `packet(Ethernet({}), Ipv4({ ttl: 3 }), Udp({ dst: 53 }), "payload")`.'],
  });
}

/** A string, or a list of bytes. */
function checkBytes(cx: Context, node: Expression): void {
  if (node.kind === "string") {
    checkExpression(cx, node);
    return;
  }
  if (node.kind === "list") {
    const type: Type = { kind: "array", element: u8, length: node.elements.length };
    checkAs(cx, node, type, "the bytes");
    if (constantOf(cx, node)?.kind === "list" || node.elements.length === 0) return;
  } else checkRest(cx, [node]);
  notLayer(cx, node);
}
