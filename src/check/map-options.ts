/** Options of maps: `{ pin: "flows", noPrealloc: true, numa: 0, access: "read" }`. */
import { removeRestFix } from "../diagnostics/edits.js";
import { didYouMean } from "../diagnostics/suggest.js";
import type { Expression, ObjectField, ObjectLiteral } from "../syntax/ast.js";
import type { MapOptions } from "./checked.js";
import { checkRest } from "./arguments.js";
import { constantOf, error, type Context } from "./context.js";
import { constantNumber } from "./constants.js";
import { checkAny } from "./expressions.js";
import type { MapKindInfo } from "./map-kinds.js";
import { aTypeName } from "./type-tools.js";
import { withArticle } from "./words.js";

export const noOptions: MapOptions = {
  pin: undefined,
  noPrealloc: false,
  numa: undefined,
  access: undefined,
  programs: [],
};

const optionNames = ["pin", "noPrealloc", "numa", "access"] as const;
/** Only hash tables choose whether to allocate ahead (kernel/bpf/hashtab.c; LRU always does, a trie never). */
const mayAllocateLate: readonly string[] = ["Hash", "PerCpuHash"];

export function mapOptions(cx: Context, node: ObjectLiteral, info: MapKindInfo, name: string): MapOptions {
  const options: { -readonly [K in keyof MapOptions]: MapOptions[K] } = { ...noOptions };
  const seen = new Map<string, ObjectField>();
  for (const field of node.fields) {
    const key = field.name.name;
    const before = seen.get(key);
    if (before) {
      error(cx, "XD3403", field.name, `\`${key}\` is given twice.`, {
        label: "given again here",
        related: [{ span: before.name.span, message: "given here first" }],
        fixes: [removeRestFix("leave it out", node.fields, node.fields.indexOf(field), 1)],
      });
    }
    seen.set(key, field);
    Object.assign(options, option(cx, node, field, info, name));
  }
  return options;
}

function option(
  cx: Context,
  node: ObjectLiteral,
  field: ObjectField,
  info: MapKindInfo,
  name: string,
): Partial<MapOptions> {
  const { value } = field;
  const key = field.name.name;
  const known = optionNames.find((one) => one === key);
  if (known === undefined) {
    if (value) checkRest(cx, [value]);
    unknownOption(cx, node, field);
    return {};
  }
  if (!value) {
    error(cx, "XD3506", field, `The option \`${key}\` has no value.`, { label: `write \`${key}: …\`` });
    return {};
  }
  switch (known) {
    case "pin":
      return { pin: pinName(cx, value, name) };
    case "noPrealloc": {
      const on = flag(cx, value, key);
      if (on && !mayAllocateLate.includes(info.kind)) {
        error(cx, "XD3506", field.name, `\`noPrealloc\` is not for ${withArticle(info.kind)}.`, {
          label:
            info.kind === "LpmTrie"
              ? "a trie never allocates ahead"
              : "its entries are always allocated ahead",
        });
        return {};
      }
      return { noPrealloc: on };
    }
    case "numa": {
      const numa = constantNumber(cx, value, "`numa`");
      if (numa === undefined) return {};
      if (numa >= 0n && numa < 1024n) return { numa: Number(numa) };
      error(cx, "XD3506", value, `There is no NUMA node ${numa}.`, { label: "must be 0..1023" });
      return {};
    }
    case "access":
      checkAny(cx, value);
      if (value.kind === "string" && (value.value === "read" || value.value === "write"))
        return { access: value.value };
      error(cx, "XD3506", value, '`access` is `"read"` or `"write"`.', { label: "not an access" });
      return {};
  }
}

function unknownOption(cx: Context, { fields }: ObjectLiteral, field: ObjectField): void {
  const meant = didYouMean(field.name.name, optionNames);
  error(cx, "XD3506", field.name, `Maps have no option \`${field.name.name}\`.`, {
    label: meant === undefined ? "unknown" : `did you mean \`${meant}\`?`,
    notes: meant === undefined ? [`Options are ${optionNames.map((one) => `\`${one}\``).join(", ")}.`] : [],
    fixes:
      meant === undefined
        ? [removeRestFix("leave it out", fields, fields.indexOf(field), 1)]
        : [{ title: `change it to \`${meant}\``, edits: [{ span: field.name.span, text: meant }] }],
  });
}

function pinName(cx: Context, value: Expression, name: string): string | undefined {
  checkAny(cx, value);
  const constant = constantOf(cx, value);
  if (value.kind === "boolean") return value.value ? name : undefined;
  if (constant?.kind === "string") {
    if (/^[A-Za-z0-9_.-]+$/.test(constant.value)) return constant.value;
    error(cx, "XD3506", value, "A pin is the name of a file in the BPF file system.", {
      label: "letters, digits, `_`, `-` and `.` only",
    });
    return undefined;
  }
  error(cx, "XD3506", value, "`pin` is a name, or `true` for the map's own.", { label: "not a name" });
  return undefined;
}

function flag(cx: Context, value: Expression, key: string): boolean {
  const type = checkAny(cx, value);
  const constant = constantOf(cx, value);
  if (type.kind === "bool" && constant?.kind === "number") return constant.value !== 0n;
  if (type.kind !== "error") {
    error(cx, "XD3506", value, `\`${key}\` is \`true\` or \`false\`.`, { label: aTypeName(type) });
  }
  return false;
}
