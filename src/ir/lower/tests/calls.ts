/** Calls of tests: each is a helper that only the simulator has, told by the number of its place in the script. */
import { assertNever, defined, invariant } from "../../../base/invariant.js";
import type { MapSymbol, ProgramSymbol, TestCall } from "../../../check/checked.js";
import type { HeaderFieldInfo } from "../../../check/types.js";
import type { CallExpression, Expression } from "../../../syntax/ast.js";
import type { IrType, ValueId } from "../../ir.js";
import type { LayerSite, Site } from "../../sites.js";
import * as ir from "../builder.js";
import { constantText, lowerAs, lowerExpression, typeOf } from "../expressions.js";
import { mapId } from "../maps.js";
import { newPacket } from "../packet/nodes.js";
import { partsOf, scalar, sizeOf, valueOf, type Scope, type Val } from "../values.js";
import { addSite } from "./probes.js";

function site(s: Scope, one: Site): ValueId {
  return ir.constant(s.b, ir.u32, addSite(defined(s.low.probes, "a test's code"), one));
}

function call(s: Scope, helper: string, values: readonly ValueId[], type: IrType): ValueId {
  const args = values.map((value) => ({ kind: "value", value }) as const);
  return ir.emit(s.b, { kind: "helper", helper, type, arguments: args });
}

function argument(node: CallExpression, at: number): Expression {
  return defined(node.arguments[at], `argument ${at}`);
}

/** The packet that an expression names. */
export function liveOf(s: Scope, node: Expression): ValueId {
  const val = lowerExpression(s, node);
  invariant(val.kind === "packet" && val.of?.live !== undefined, "a packet of a test");
  return val.of.live;
}

/** A value for a packet that a test has made. */
export function livePacket(s: Scope, live: ValueId): Val {
  return { kind: "packet", of: newPacket(s.packet.graph, live) };
}

/** `firewall(p)` */
export function runProgram(s: Scope, program: ProgramSymbol, node: CallExpression): Val {
  const live = liveOf(s, argument(node, 0));
  const at = site(s, { kind: "run", span: node.span, program: program.name });
  return scalar(call(s, "xdpl_run", [at, live], ir.u32));
}

export function lowerTestCall(s: Scope, node: CallExpression, name: TestCall): Val {
  const number = (at: number): ValueId =>
    ir.convert(
      s.b,
      valueOf(lowerAs(s, argument(node, at), { kind: "int", bits: 64, signed: false })),
      ir.u64,
    );
  const text = (): ValueId => {
    const found = constantText(s, argument(node, 0)) ?? "";
    return site(s, { kind: "text", span: node.span, text: found });
  };
  switch (name) {
    case "expect":
      invariant(false, "an expectation inside an expression");
    // eslint-disable-next-line no-fallthrough
    case "packet":
      return livePacket(s, makePacket(s, node));
    case "capture":
      return livePacket(s, call(s, "xdpl_capture", [text(), number(1)], ir.contextPointer));
    case "captured":
      return scalar(call(s, "xdpl_captured", [text()], ir.u32));
    case "receivedOn":
      call(s, "xdpl_received", [liveOf(s, argument(node, 0)), number(1), number(2)], ir.u64);
      return { kind: "void" };
    case "advance":
      call(s, "xdpl_advance", [number(0)], ir.u64);
      return { kind: "void" };
    case "onCpu":
      call(s, "xdpl_cpu", [number(0)], ir.u64);
      return { kind: "void" };
    case "route": {
      const network = s.low.checked.constants.get(argument(node, 0).id);
      const type = typeOf(s, argument(node, 0));
      invariant(network?.kind === "prefix" && type.kind === "prefix", "a route to a prefix");
      const at = site(s, {
        kind: "route",
        span: node.span,
        network: network.value,
        bits: type.family === "ipv6" ? 128 : 32,
        length: network.length,
      });
      const macs = [2, 3].flatMap((i) => [...partsOf(lowerExpression(s, argument(node, i)))]);
      call(s, "xdpl_route", [at, number(1), ...macs], ir.u64);
      return { kind: "void" };
    }
    case "redirected":
      return scalar(call(s, "xdpl_redirected", [], ir.u32));
    case "printed":
      return scalar(ir.compareWith(s.b, "ne", call(s, "xdpl_printed", [text()], ir.u64), 0));
    default:
      return assertNever(name, "call of a test");
  }
}

/** `packet(Ethernet({ … }), …)`: the values of all fields that are given, in order. */
function makePacket(s: Scope, node: CallExpression): ValueId {
  const values: ValueId[] = [];
  const layers = node.arguments.map((one): LayerSite => {
    const meaning = s.low.checked.calls.get(one.id);
    if (one.kind !== "call" || meaning?.kind !== "new-layer")
      return { kind: "bytes", bytes: bytesOf(s, one) };
    const fields: HeaderFieldInfo[] = [];
    const [literal, options] = one.arguments;
    if (literal?.kind === "object") {
      const val = lowerExpression(s, literal);
      invariant(val.kind === "record", "fields of a header");
      for (const field of meaning.header.fields) {
        const given = val.fields.get(field.name);
        if (!given) continue;
        fields.push(field);
        values.push(...partsOf(given.kind === "nullable" ? given.inner : given));
      }
    }
    return { kind: "header", header: meaning.header, fields, options: options ? bytesOf(s, options) : [] };
  });
  return call(
    s,
    "xdpl_packet",
    [site(s, { kind: "packet", span: node.span, layers }), ...values],
    ir.contextPointer,
  );
}

function bytesOf(s: Scope, node: Expression): readonly number[] {
  const known = s.low.checked.constants.get(node.id);
  if (known?.kind === "string") return [...new TextEncoder().encode(known.value)];
  if (known?.kind !== "list") return [];
  return known.elements.map((one) => (one.kind === "number" ? Number(one.value) : 0));
}

export function lowerTestMap(s: Scope, node: CallExpression, map: MapSymbol, method: "take" | "set"): Val {
  if (method === "set") {
    const [key, value] = [0, 1].map((at) =>
      ir.convert(s.b, valueOf(lowerExpression(s, argument(node, at))), ir.u32),
    );
    invariant(key !== undefined && value !== undefined, "a key and a value");
    const word = (one: ValueId) =>
      ({ kind: "parts", size: 4, parts: [{ offset: 0, value: one, bits: 32, order: "native" }] }) as const;
    const update = { kind: "map-update", type: ir.i64, map: mapId(s, map), flags: 0 } as const;
    ir.emit(s.b, { ...update, key: word(key), value: word(value) });
    return { kind: "void" };
  }
  const type = defined(map.type.value, "an event type");
  const pointer = { kind: "pointer", region: "record", nullable: true, size: sizeOf(type) } as const;
  const address = ir.emit(s.b, {
    kind: "map-address",
    type: { kind: "pointer", region: "map", nullable: false, size: undefined },
    map: mapId(s, map),
  });
  const record = call(s, "xdpl_take", [address], pointer);
  return {
    kind: "nullable",
    present: ir.not(s.b, ir.isNull(s.b, record)),
    inner: { kind: "memory", pointer: record, displacement: 0, shared: false },
  };
}
