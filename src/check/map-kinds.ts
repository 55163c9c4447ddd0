/** What each kind of map takes and can do, as the language sees it. Facts only. */
import { aggregationKinds } from "./aggregations.js";
import type { AggregationKind, MapKind } from "./types.js";

export type MapMethod =
  "get" | "set" | "has" | "delete" | "take" | "emit" | "call" | "add" | "record" | "print" | "clear";

export interface MapKindInfo {
  readonly kind: MapKind;
  /** How many type arguments, in words for messages. */
  readonly types: "K, V" | "V" | "T" | "K?" | "";
  /** Array kinds: keys are 0..size-1 and every entry exists. */
  readonly array: boolean;
  readonly perCpu: boolean;
  readonly methods: readonly MapMethod[];
  readonly iterable: boolean;
  /** Can be read and written as `m[k]`. */
  readonly indexable: boolean;
  /** `redirect(map, key)` sends packets there. */
  readonly redirect: boolean;
}

const hashMethods: readonly MapMethod[] = ["get", "set", "has", "delete", "take", "print", "clear"];

function hash(kind: MapKind, perCpu: boolean): MapKindInfo {
  return {
    kind,
    types: "K, V",
    array: false,
    perCpu,
    methods: hashMethods,
    iterable: true,
    indexable: true,
    redirect: false,
  };
}

function array(kind: MapKind, perCpu: boolean): MapKindInfo {
  return {
    kind,
    types: "V",
    array: true,
    perCpu,
    methods: ["get", "set", "has", "print", "clear"],
    iterable: true,
    indexable: true,
    redirect: false,
  };
}

function special(kind: MapKind, methods: readonly MapMethod[], redirect: boolean): MapKindInfo {
  return {
    kind,
    types: "",
    array: false,
    perCpu: false,
    methods,
    iterable: false,
    indexable: false,
    redirect,
  };
}

/** Written only, by `add` or `record`; read when it is shown. */
function aggregation(kind: AggregationKind): MapKindInfo {
  const write: MapMethod = kind === "Counter" ? "add" : "record";
  return { ...special(kind, [write, "print", "clear"], false), types: "K?", perCpu: true };
}

const all: readonly MapKindInfo[] = [
  hash("Hash", false),
  hash("LruHash", false),
  hash("PerCpuHash", true),
  hash("LruPerCpuHash", true),
  array("Array", false),
  array("PerCpuArray", true),
  // Iteration: bpf_for_each_map_elem knows hash and array maps only (kernel/bpf/lpm_trie.c has no callback).
  { ...hash("LpmTrie", false), methods: ["get", "set", "has", "delete", "print", "clear"], iterable: false },
  { ...special("RingBuffer", ["emit"], false), types: "T" },
  special("ProgramArray", ["call"], false),
  special("DevMap", [], true),
  special("DevMapHash", [], true),
  special("CpuMap", [], true),
  special("XskMap", ["has"], true),
  ...[...aggregationKinds].map((kind) => aggregation(kind)),
];

export const mapKinds: ReadonlyMap<string, MapKindInfo> = new Map(all.map((info) => [info.kind, info]));

export function mapKind(kind: MapKind): MapKindInfo {
  const info = mapKinds.get(kind);
  return info ?? special(kind, [], false);
}
