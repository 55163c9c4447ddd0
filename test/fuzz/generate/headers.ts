/** The protocols that scripts are about, read from the standard library's own declarations. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/host.js";
import { parse } from "../../../src/syntax/index.js";
import type { HeaderDeclaration, TypeNode } from "../../../src/syntax/ast.js";
import { int, u32, type EnumT, type HeaderT, type IntT, type Type } from "./model.js";

interface Library {
  readonly headers: readonly HeaderT[];
  readonly enums: readonly EnumT[];
}

const known = new Map<string, Library>();

/** Headers and enums of a module of the standard library, such as `net/ip`. */
export function library(module: string): Library {
  const before = known.get(module);
  if (before) return before;
  const text = readFileSync(join(packageRoot(), "stdlib", `${module}.xdpl`), "utf8");
  let next = 0;
  const { declarations } = parse({ path: module, text }, { next: () => next++ }).module;
  const headers = declarations.flatMap((one) => (one.kind === "header" ? [headerOf(one)] : []));
  const enums = declarations.flatMap((one): EnumT[] => {
    if (one.kind !== "enum") return [];
    const members = one.members.map((member) => member.name.name);
    return [{ kind: "enum", name: one.name.name, base: intOf(one.base) ?? u32, members }];
  });
  const found = { headers, enums };
  known.set(module, found);
  return found;
}

export const commonModules: readonly string[] = ["net/ethernet", "net/ip", "net/transport", "xdp"];
export const tunnelModule = "net/tunnel";
export const dnsModule = "net/dns";

function headerOf(declaration: HeaderDeclaration): HeaderT {
  const { name } = declaration.name;
  return {
    kind: "layer",
    name,
    layer: declaration.alias?.name ?? name.charAt(0).toLowerCase() + name.slice(1),
    fields: declaration.fields.flatMap((field) => {
      const type = typeOf(field.type);
      return type ? [{ name: field.name.name, type, checksum: field.covers !== undefined }] : [];
    }),
    variable: declaration.size !== undefined,
    options: declaration.options !== undefined,
    parents: declaration.parents.map((one) => one.header.name),
    next: declaration.next?.name,
    continues: declaration.continues?.header.name,
  };
}

function intOf(node: TypeNode | undefined): IntT | undefined {
  const found = node?.kind === "named-type" ? /^([ui])(\d+)$/.exec(node.name.name) : null;
  return found ? int(Number(found[2]), found[1] === "i") : undefined;
}

function typeOf(node: TypeNode): Type | undefined {
  if (node.kind !== "named-type") return undefined;
  const families = { Ipv4Addr: "ipv4", Ipv6Addr: "ipv6", MacAddr: "mac" } as const;
  const { name } = node.name;
  if (name === "Ipv4Addr" || name === "Ipv6Addr" || name === "MacAddr") {
    return { kind: "address", family: families[name] };
  }
  return intOf(node);
}

/** Every header that can stand somewhere inside another. */
export function headersInside(headers: ReadonlyMap<string, HeaderT>, outer: string): readonly HeaderT[] {
  const childrenOf = (name: string): string[] => {
    const header = headers.get(name);
    const own = [...headers.values()].filter((one) => one.parents.includes(name)).map((one) => one.name);
    return [...own, ...[header?.next].filter((one) => one !== undefined)];
  };
  const found = new Set<string>();
  const asParent = new Set<string>();
  const queue = [outer];
  for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
    if (asParent.has(one)) continue;
    asParent.add(one);
    const continued = headers.get(one)?.continues;
    if (continued !== undefined) queue.push(continued);
    for (const child of childrenOf(one)) {
      found.add(child);
      queue.push(child);
    }
  }
  return [...found].map((name) => headers.get(name)).filter((one) => one !== undefined);
}
