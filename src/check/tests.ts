/** Tests: their parameter, and their bodies. */
import type { Parameter, TestDeclaration } from "../syntax/ast.js";
import type { LocalSymbol } from "./checked.js";
import { error, type Context } from "./context.js";
import { runBody } from "./functions.js";
import type { Output } from "./modules.js";
import { resolveType } from "./type-nodes.js";
import { aTypeName, sameType, voidType } from "./type-tools.js";
import type { Type } from "./types.js";

export const testPacket: Type = { kind: "packet", hook: "xdp" };

export function checkTest(cx: Context, declaration: TestDeclaration, output: Output): void {
  const [first, extra] = declaration.parameters;
  if (extra) {
    error(cx, "XD3703", extra, "A test has one parameter at most: a generated packet.", {
      label: "not expected",
    });
  }
  const packet = first && packetParameter(cx, first);
  const name = declaration.name.value;
  if (!cx.module.entry) return;
  output.tests.push({ name, packet, declaration });
  runBody(
    cx,
    { name: "the test", hook: "xdp", result: voidType, test: true },
    packet ? [packet] : [],
    declaration.body,
  );
}

/** `(p)`, `(p: packet)`, `(p: XdpPacket)`. */
function packetParameter(cx: Context, parameter: Parameter): LocalSymbol {
  const { type } = parameter;
  const named = type?.kind === "named-type" && type.name.name === "packet" && type.arguments.length === 0;
  if (type && !named) {
    const given = resolveType(cx, type);
    if (!sameType(given, testPacket) && given.kind !== "error") {
      error(cx, "XD3703", type, `A test is given a packet, not ${aTypeName(given)}.`, {
        label: "must be `packet`",
      });
    }
  }
  return {
    kind: "local",
    name: parameter.name.name,
    type: testPacket,
    mutable: false,
    declaration: parameter.name,
  };
}
