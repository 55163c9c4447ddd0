/** One object with everything that loaders and tools look at, from two source files. */
import type { SourceFile, Span } from "../../src/base/span.js";
import type { Instruction, IrFunction, IrMap, IrModule } from "../../src/ir/ir.js";
import { build, mapOf, moduleOf, pointer, scalar, u16, u32, u64, u8 } from "../support/ir.js";

export const script: SourceFile = {
  path: "firewall.xdpl",
  text: `param limit = 7;
const blocked = new LpmTrie<Ipv4Addr, Entry>(100);
const counts = new Hash<Flow, u64>(64);
xdp firewall(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  if (ip.src in blocked) return DROP; // größer als "µ"
  counts[{ src: ip.src, port: 0 }] += 1;
  return PASS;
}
`,
};

export const library: SourceFile = {
  path: "std/net/ip",
  text: "// headers\nexport header Ipv4 after Ethernet when (eth.type == 0x0800) {\n  version: u4; ihl: u4;\n}\n",
};

function spanOf(file: SourceFile, text: string): Span {
  const start = file.text.indexOf(text);
  return { file, start, end: start + text.length };
}

const number = (bits: number) => ({ kind: "int", bits, signed: false }) as const;

const flow = {
  kind: "struct",
  name: "Flow",
  size: 8,
  fields: [
    { name: "src", offset: 0, type: { kind: "address", family: "ipv4" } },
    { name: "port", offset: 4, type: number(16) },
  ],
} as const;

const entry = {
  kind: "struct",
  name: "Entry",
  size: 24,
  fields: [
    { name: "packets", offset: 0, type: number(64) },
    { name: "mac", offset: 8, type: { kind: "address", family: "mac" } },
    {
      name: "reason",
      offset: 14,
      type: {
        kind: "enum",
        name: "Reason",
        bits: 8,
        members: [
          ["Manual", 0],
          ["Feed", 1],
        ],
      },
    },
    { name: "active", offset: 15, type: { kind: "bool" } },
    { name: "label", offset: 16, type: { kind: "string", length: 8 } },
  ],
} as const;

const u32Layout = number(32);

function maps(): readonly IrMap[] {
  const at = { span: spanOf(script, "const blocked") };
  return [
    mapOf(0, "LPM_TRIE", {
      ...at,
      name: "blocked",
      key: { kind: "lpm", address: { kind: "address", family: "ipv4" } },
      value: entry,
      maxEntries: 100,
    }),
    mapOf(1, "HASH", { ...at, name: "counts", key: flow, value: number(64), maxEntries: 64 }),
    mapOf(2, "PROG_ARRAY", {
      ...at,
      name: "next",
      value: u32Layout,
      programs: [{ index: 1, program: "second" }],
      maxEntries: 4,
    }),
    mapOf(3, "RINGBUF", { ...at, name: "events", key: undefined, value: flow, maxEntries: 4096 }),
    mapOf(4, "DEVMAP", { ...at, name: "ports", value: u32Layout }),
    mapOf(5, "PERCPU_ARRAY", { ...at, name: "totals", maxEntries: 3 }),
    mapOf(6, "HASH", { ...at, name: "numa", numa: 0 }),
    mapOf(7, "XSKMAP", { ...at, name: "sockets", value: u32Layout }),
  ];
}

/** `without`: maps to leave out, for loaders that do not know them. */
export function sampleModule({ without = [] }: { readonly without?: readonly string[] } = {}): IrModule {
  const f = build("firewall");
  const data = f.data();
  const [ipv4, clean, hit, out] = [f.block(), f.block(), f.block(), f.block()];
  f.branch(f.check(data, 34, f.data("end")), ipv4, out);
  f.at(ipv4);
  const src = f.load(data, 26, u32);
  const length = f.constant(32, u32);
  const found = f.lookup(
    0,
    {
      kind: "parts",
      size: 8,
      parts: [
        { offset: 0, value: length, bits: 32, order: "native" },
        { offset: 4, value: src, bits: 32, order: "native" },
      ],
    },
    24,
  );
  f.branch(f.isNull(found), clean, hit);
  f.at(hit);
  f.emit({ kind: "atomic", op: "add", pointer: found, displacement: 0, value: f.constant(1), bits: 64 });
  f.ret(f.constant(1, u32));
  f.at(clean);
  const one = f.constant(1);
  const port = f.convert(f.load(data, 20, u8), u16);
  f.emit({
    kind: "map-update",
    map: 1,
    key: {
      kind: "parts",
      size: 8,
      parts: [
        { offset: 0, value: src, bits: 32, order: "native" },
        { offset: 4, value: port, bits: 16, order: "native" },
      ],
    },
    value: scalar(one, 64),
    flags: 0,
    type: u64,
  });
  const limit = f.load(
    f.emit({ kind: "global-address", global: 0, type: pointer("rodata", false, 8) }),
    0,
    u64,
  );
  f.ret(f.convert(f.binary("and", limit, f.constant(3)), u32));
  f.at(out);
  f.ret(f.constant(2, u32));
  const second = build("second", { id: 1 });
  second.ret(second.constant(2, u32));
  const functions = [located(f.finish()), { ...second.finish(), span: spanOf(script, "firewall(pkt)") }];
  return moduleOf(functions, {
    maps: maps().filter((map) => !without.includes(map.name)),
    globals: [
      {
        id: 0,
        name: "limit",
        section: "rodata",
        layout: number(64),
        initial: { kind: "number", value: 7n },
        span: spanOf(script, "limit"),
      },
      {
        id: 1,
        name: "größe",
        section: "rodata",
        layout: number(8),
        initial: { kind: "number", value: 3n },
        span: spanOf(script, "limit"),
      },
      {
        id: 2,
        name: "seen",
        section: "bss",
        layout: number(64),
        initial: { kind: "zero" },
        span: spanOf(script, "limit"),
      },
      {
        id: 3,
        name: "start",
        section: "data",
        layout: number(32),
        initial: { kind: "number", value: 0x01020304n },
        span: spanOf(script, "limit"),
      },
    ],
    prints: [
      {
        id: 0,
        parts: ["seen ", ' "ü"\n'],
        args: [{ kind: "address", family: "ipv4" }],
        span: spanOf(script, "limit"),
      },
    ],
    license: "Dual BSD/GPL",
  });
}

/** Instructions of the first block lie in the library, the others in the script. */
function located(fn: IrFunction): IrFunction {
  const places = [
    spanOf(library, "version: u4"),
    spanOf(script, "if (ip.src in blocked)"),
    spanOf(script, "counts[{"),
    spanOf(script, "return DROP"),
    spanOf(script, "return PASS;\n"),
  ];
  const place = (at: number): Span => places[at] ?? fn.span;
  return {
    ...fn,
    span: spanOf(script, "firewall(pkt)"),
    parameters: fn.parameters.map((one) => ({ ...one, name: "pkt" })),
    blocks: fn.blocks.map((block, at) => ({
      ...block,
      instructions: block.instructions.map((one): Instruction => ({ ...one, span: place(at) })),
      terminator: { ...block.terminator, span: place(at) },
    })),
  };
}
