/** Words that people bring from TypeScript and C: what stands for them here. */
import type { Fix } from "../diagnostics/diagnostic.js";
import type { CallExpression, Expression, MemberExpression } from "../syntax/ast.js";
import { checkRest } from "./arguments.js";
import { error, type Context } from "./context.js";
import { findName } from "./lookup.js";
import type { Type } from "./types.js";

export const foreignMaps: Readonly<Record<string, string>> = {
  Map: "Hash",
  HashMap: "Hash",
  Set: "Hash",
  WeakMap: "LruHash",
  List: "Array",
  Vector: "Array",
};

/** Names that mean a value of the language, and `XDP_DROP` where `DROP` is known. */
export function foreignName(name: string, known: readonly string[]): string | undefined {
  if (name === "undefined" || name === "NULL" || name === "nil") return "null";
  const bare = /^(?:XDP|TC_ACT)_(\w+)$/.exec(name)?.[1];
  return bare !== undefined && known.includes(bare) ? bare : undefined;
}

/** Members, by what other libraries call them; the first that there is. */
const members: Readonly<Record<string, readonly string[]>> = {
  ip: ["ipv4"],
  ip4: ["ipv4"],
  ip6: ["ipv6"],
  ethernet: ["eth"],
  source: ["src"],
  saddr: ["src"],
  sport: ["src"],
  srcPort: ["src"],
  sourcePort: ["src"],
  destination: ["dst"],
  dest: ["dst"],
  daddr: ["dst"],
  dport: ["dst"],
  dstPort: ["dst"],
  destinationPort: ["dst"],
  len: ["length"],
  size: ["length"],
};

export function foreignMember(name: string, known: readonly string[]): string | undefined {
  return Object.hasOwn(members, name) ? members[name]?.find((one) => known.includes(one)) : undefined;
}

interface ForeignCall {
  /** Nothing where the parentheses alone do. */
  readonly by: string;
  readonly note?: string;
}

const whole = "Integers are divided without a remainder: there is nothing to round.";

const calls: Readonly<Record<string, ForeignCall>> = {
  "Math.min": { by: "min" },
  "Math.max": { by: "max" },
  "Math.floor": { by: "", note: whole },
  "Math.trunc": { by: "", note: whole },
  "Math.random": {
    by: "random",
    note: "`random()` is a `u32`: for one packet in a hundred, `random() % 100 == 0`.",
  },
  "Date.now": { by: "now", note: "`now()` is in nanoseconds since boot." },
  "performance.now": { by: "now", note: "`now()` is in nanoseconds since boot." },
  "console.log": { by: "print" },
  "console.error": { by: "print" },
  "console.warn": { by: "print" },
};

/** `Math.min(…)`, where the script has no `Math`: said of the whole callee. */
export function checkForeignCall(
  cx: Context,
  node: CallExpression,
  { object, member }: MemberExpression,
): boolean {
  if (object.kind !== "identifier" || findName(cx, object.name)) return false;
  const name = `${object.name}.${member.name}`;
  const known = Object.hasOwn(calls, name) ? calls[name] : undefined;
  if (!known) return false;
  checkRest(cx, node.arguments);
  const { by, note } = known;
  error(cx, "XD2006", node.callee, `Nothing here is called \`${name}\`.`, {
    label: by === "" ? "not needed" : `did you mean \`${by}\`?`,
    notes: note === undefined ? [] : [note],
    fixes: [
      {
        title: by === "" ? "take it away" : `change it to \`${by}\``,
        edits: [{ span: node.callee.span, text: by }],
      },
    ],
  });
  return true;
}

const addressLike = {
  ipv4: /^\d{1,3}(\.\d{1,3}){3}$/,
  ipv6: /^[\da-f]*:[\da-f:.]+$/i,
  mac: /^[\da-f]{2}(:[\da-f]{2}){5}$/i,
} as const;

/** `"10.0.0.1"` where an address is meant, `"10.0.0.0/8"` where a prefix may be: they are literals, without quotes. */
export function unquotedFix(node: Expression, type: Type, prefix: boolean): Fix | undefined {
  if (node.kind !== "string" || type.kind !== "address") return undefined;
  const [, address = "", length] = /^(.*?)(\/\d{1,3})?$/.exec(node.value) ?? [];
  if (!addressLike[type.family].test(address) || (length !== undefined && !prefix)) return undefined;
  return {
    title: `write it without quotes: \`${node.value}\``,
    edits: [{ span: node.span, text: node.value }],
  };
}
