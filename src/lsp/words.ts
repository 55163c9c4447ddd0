/** What the language itself has, in the words of hover and completion. What scripts declare has its doc comments. */

export interface Word {
  readonly name: string;
  /** As a declaration would say it. */
  readonly signature: string;
  readonly doc: string;
  /** To insert, with the cursor's places; the name where it says nothing. */
  readonly snippet?: string;
}

export function word(name: string, signature: string, doc: string, snippet?: string): Word {
  return { name, signature, doc, ...(snippet !== undefined && { snippet }) };
}

export function table(words: readonly Word[]): ReadonlyMap<string, Word> {
  return new Map(words.map((one) => [one.name, one]));
}

export const builtins: ReadonlyMap<string, Word> = table([
  word("min", "min(a, b, …)", "The smallest of integers, in the type that holds them all."),
  word("max", "max(a, b, …)", "The largest of integers, in the type that holds them all."),
  word("clamp", "clamp(x, low, high)", "`x`, or the end of `low`..`high` that it is beyond. Proves a range."),
  word("hash", "hash(a, …): u32", "A hash of values, the same on every machine and in every run."),
  word("print", "print(`… ${value} …`)", "Tells user space, through the ring buffer `xdpl_events`."),
  word(
    "redirect",
    "redirect(ifindex) · redirect(map, key, missing = ABORTED)",
    "The verdict that sends the packet to a device, or to an entry of a `DevMap`, `CpuMap` or `XskMap`.",
  ),
  word("prefix", "prefix(address, length)", "The prefix of an address, as a key of an `LpmTrie`."),
  word("str", "str<N>(pointer): string<N>", "The text at an address, cut after N - 1 bytes; 64 unless told."),
  word("userStr", "userStr<N>(pointer): string<N>", "As `str`, of the memory of the process that runs."),
  word(
    "read",
    "read<T>(pointer): T",
    "The integer at an address; 0 where nothing can be read.",
    "read<${1:u64}>($0)",
  ),
  word(
    "userRead",
    "userRead<T>(pointer): T",
    "As `read`, of the memory of the process that runs.",
    "userRead<${1:u64}>($0)",
  ),
  word("exists", "exists(struct.field): bool", "Whether the kernel that runs the program has this field."),
  word("task", "task(): task_struct", "The thread that runs, as the kernel sees it.", "task()"),
]);

/** Methods of maps. */
export const mapMethods: ReadonlyMap<string, Word> = table([
  word("get", "get(key): V | null", "The entry: a copy of a number, a reference into the map for a struct."),
  word(
    "set",
    'set(key, value, mode?: "create" | "update"): bool',
    'Writes an entry. With `"create"` only a new one, with `"update"` only one that is there. False when it failed.',
  ),
  word("has", "has(key): bool", "Whether there is an entry; as `key in map`."),
  word("delete", "delete(key): bool", "Takes an entry away. False when there was none."),
  word("take", "take(key): V | null", "Reads an entry and takes it away."),
  word("emit", "emit(event): bool", "Hands an event to user space. False when the buffer is full."),
  word(
    "call",
    "call(pkt, index)",
    "Goes on in another program and does not come back. When there is none at the index, what follows runs.",
  ),
  word("add", "add(key?, amount?)", "Counts: once, or an amount."),
  word("record", "record(key?, value)", "Takes a value into the statistics."),
  word("print", "print({ top: n }?)", "Shows what it holds, when a run ends or whenever this is reached."),
  word("clear", "clear()", "Empties it."),
]);

export const layerMethods: ReadonlyMap<string, Word> = table([
  word(
    "prepend",
    "prepend<H>({ field: value, … })",
    "Puts a header in front of this layer; what stood before it moves along. Lengths, checksums and the next " +
      "header's number follow. References into the packet die.",
    "prepend<${1:Ipv4}>({ $0 })",
  ),
  word(
    "decapsulate",
    "decapsulate(): bool",
    "Takes away all that stands between the link layer and this layer. References into the packet die.",
  ),
]);

export const tagMethods: ReadonlyMap<string, Word> = table([
  word("remove", "remove(): bool", "Takes the tag out of the packet. References into the packet die."),
]);

export const packetMethods: ReadonlyMap<string, Word> = table([
  word("adjustHead", "adjustHead(delta): bool", "Moves the packet's start. References into the packet die."),
  word("adjustTail", "adjustTail(delta): bool", "Moves the packet's end. References into the packet die."),
  word("adjustMeta", "adjustMeta(delta): bool", "Makes room for metadata before the packet. References die."),
]);

export const bytesMethods: ReadonlyMap<string, Word> = table([
  word("u8", "u8(index): u8 | null", "The byte at an index; null past the end."),
  word("u16", "u16(index): u16 | null", "Two bytes at an index, big-endian; null past the end."),
  word("u32", "u32(index): u32 | null", "Four bytes at an index, big-endian; null past the end."),
  word("u64", "u64(index): u64 | null", "Eight bytes at an index, big-endian; null past the end."),
  word("set", "set(index, value): bool", "Writes a byte; checksums follow. False past the end."),
  word(
    "setU16",
    "setU16(index, value): bool",
    "Writes two bytes, big-endian; checksums follow. False past the end.",
  ),
  word(
    "setU32",
    "setU32(index, value): bool",
    "Writes four bytes, big-endian; checksums follow. False past the end.",
  ),
  word(
    "setU64",
    "setU64(index, value): bool",
    "Writes eight bytes, big-endian; checksums follow. False past the end.",
  ),
]);

export const layerProperties: ReadonlyMap<string, Word> = table([
  word("offset", "offset: u16", "Bytes from the packet's start to this layer."),
  word("size", "size: u16", "Bytes of this header, with what is variable in it."),
  word("payload", "payload: bytes", "What follows the header. Past its end is null."),
  word(
    "options",
    "options: bytes",
    "What stands between the fixed fields and the header's size, one by one in a `for`.",
  ),
]);

export const packetProperties: ReadonlyMap<string, Word> = table([
  word("length", "length: u32", "Bytes of the whole packet."),
  word("ingress", "ingress: u32", "The index of the device it came from."),
  word("queue", "queue: u32", "The receive queue it came from."),
  word("bytes", "bytes: bytes", "The packet from its first byte. Past its end is null."),
]);

export const bytesProperties: ReadonlyMap<string, Word> = table([
  word("length", "length: u32", "Bytes to the end of the packet."),
]);

export const optionProperties: ReadonlyMap<string, Word> = table([
  word("kind", "kind: u8", "Which option it is."),
  word("length", "length: u8", "Its bytes, with kind and length."),
]);

export const types: ReadonlyMap<string, Word> = table([
  ...["u8", "u16", "u32", "u64"].map((name) =>
    word(name, name, `An integer of ${name.slice(1)} bits, without sign.`),
  ),
  ...["i8", "i16", "i32", "i64"].map((name) =>
    word(name, name, `An integer of ${name.slice(1)} bits, with sign.`),
  ),
  word("bool", "bool", "`true` or `false`; one byte in memory."),
  word("string", "string<N>", "A text of at most N bytes, padded with zeros.", "string<${1:16}>"),
  word("Ipv4Addr", "Ipv4Addr", "An IPv4 address: 4 bytes in network order. `as u32` is its number."),
  word("Ipv6Addr", "Ipv6Addr", "An IPv6 address: 16 bytes in network order."),
  word("MacAddr", "MacAddr", "A MAC address: 6 bytes."),
  word(
    "XdpPacket",
    "XdpPacket",
    "The packet of an `xdp` program: its layers, and what the kernel knows of it.",
  ),
]);

const keyed = (name: string, doc: string): Word =>
  word(name, `${name}<K, V>(entries, options?)`, doc, `${name}<\${1:Ipv4Addr}, \${2:u64}>(\${3:1024})`);
const listed = (name: string, doc: string): Word =>
  word(name, `${name}<V>(entries, options?)`, doc, `${name}<\${1:u64}>(\${2:1})`);
const plain = (name: string, doc: string): Word =>
  word(name, `${name}(entries, options?)`, doc, `${name}(\${1:64})`);

const counted = (name: string, doc: string): Word =>
  word(name, `${name}() · ${name}<K>(keys?)`, doc, `${name}()`);

/** Kinds of map; `type` is the kernel's, for what it needs. */
export const maps: ReadonlyMap<string, Word> = table([
  keyed("Hash", "A hash table. Entries are there until they are deleted."),
  keyed("LruHash", "A hash table that drops what was not used for longest when it is full."),
  keyed("PerCpuHash", "A hash table with a value for each CPU: counts without atomic operations."),
  keyed("LruPerCpuHash", "As `LruHash`, with a value for each CPU."),
  listed("Array", "Entries 0..n-1, all there from the start, all zero."),
  listed("PerCpuArray", "As `Array`, with a value for each CPU: counts without atomic operations."),
  keyed("LpmTrie", "Prefixes: looking up an address finds the longest that it is in."),
  word(
    "RingBuffer",
    "RingBuffer<T>(bytes)",
    "Events for user space, in order.",
    "RingBuffer<${1:Event}>(${2:256KiB})",
  ),
  word(
    "ProgramArray",
    "ProgramArray(n) · ProgramArray({ 0: program, … })",
    "Programs that others go on in, by `call`.",
    "ProgramArray({ 0: ${1:program} })",
  ),
  counted("Counter", "Counts how often, for each CPU; shown when a run ends."),
  counted("Sum", "The sum of what is recorded."),
  counted("Min", "The smallest value recorded."),
  counted("Max", "The largest value recorded."),
  counted("Average", "How many values, their sum and average."),
  counted("Stats", "How many values, sum, average, smallest and largest."),
  counted("Histogram", "How many values lie between powers of two."),
  word(
    "LinearHistogram",
    "LinearHistogram<K>(min, max, step)",
    "How many values lie in each step.",
    "LinearHistogram(${1:0}, ${2:100}, ${3:10})",
  ),
  plain("DevMap", "Devices, by index: where `redirect` sends packets."),
  plain("DevMapHash", "Devices, by any number."),
  plain("CpuMap", "CPUs that go on with a packet."),
  plain("XskMap", "AF_XDP sockets, by queue."),
]);

export const mapOptions: ReadonlyMap<string, Word> = table([
  word(
    "pin",
    "pin: string | true",
    "Pinned in the BPF file system under this name, or the map's own.",
    'pin: "${1:name}"',
  ),
  word("noPrealloc", "noPrealloc: true", "Entries are allocated when they are made.", "noPrealloc: true"),
  word("numa", "numa: number", "The NUMA node whose memory it takes.", "numa: ${1:0}"),
  word("access", 'access: "read" | "write"', "What programs may do with it.", 'access: "${1|read,write|}"'),
]);

export const programOptions: ReadonlyMap<string, Word> = table([
  word("frags", "frags: true", "Takes packets that lie in several buffers. Linux 5.18.", "frags: true"),
]);

/** What starts a declaration. */
export const declarations: readonly Word[] = [
  word("import", 'import { … } from "…"', "Names of another module.", 'import { $0 } from "${1:std/net}";'),
  word("const", "const name = …", "A constant, or a map.", "const ${1:name} = $0;"),
  word("let", "let name: T", "A global, shared by all CPUs.", "let ${1:name}: ${2:u64};"),
  word(
    "param",
    "param name: T = …",
    "Set when the program is loaded.",
    "param ${1:name}: ${2:u64} = ${0:0};",
  ),
  word(
    "struct",
    "struct Name { … }",
    "A layout in memory, as in C.",
    "struct ${1:Name} {\n  ${2:field}: ${3:u64};\n}",
  ),
  word("enum", "enum Name: T { … }", "Named integers.", "enum ${1:Name}: ${2:u8} {\n  ${3:FIRST} = 0,\n}"),
  word("type", "type Name = T", "Another name for a type.", "type ${1:Name} = ${0:u16};"),
  word(
    "function",
    "function name(…): T { … }",
    "Code that programs share.",
    "function ${1:name}(${2:x: u64}): ${3:u64} {\n  $0\n}",
  ),
  word(
    "header",
    "header Name after H when (…) { … }",
    "A protocol.",
    "header ${1:Name} after ${2:Udp} when (${3:udp.dst == 4789}) {\n  ${4:field}: ${5:u16};\n}",
  ),
  word("export", "export …", "Importable by other modules."),
  word(
    "test",
    'test "…" { … }',
    "What the script should do: `xdpl test` runs it in the simulator.",
    'test "${1:what should be}" {\n  $0\n}',
  ),
  word("license", 'license "…"', "GPL unless it says otherwise.", 'license "${1:GPL}";'),
  word("target", 'target "linux …"', "The oldest kernel it has to run on.", 'target "linux ${1:5.15}";'),
];

/** What starts a statement. */
export const statements: readonly Word[] = [
  word("const", "const name = …", "A value with a name.", "const ${1:name} = $0;"),
  word("let", "let name = …", "A variable.", "let ${1:name} = ${0:0};"),
  word("if", "if (…) { … }", "", "if (${1:condition}) {\n  $0\n}"),
  word("else", "else { … }", "", "else {\n  $0\n}"),
  word("for", "for (let i = 0; i < n; i++) { … }", "", "for (let ${1:i} = 0; $1 < ${2:8}; $1++) {\n  $0\n}"),
  word("for of", "for (const x of xs) { … }", "", "for (const ${1:x} of ${2:xs}) {\n  $0\n}"),
  word("while", "while (…) { … }", "", "while (${1:condition}) {\n  $0\n}"),
  word("switch", "switch (…) { … }", "", "switch (${1:value}) {\n  case ${2:0}:\n    $0\n    break;\n}"),
  word("return", "return …", "Ends the program or function.", "return $0;"),
  word("break", "break", "Leaves a loop or `switch`.", "break;"),
  word("continue", "continue", "Goes on with the next round of a loop.", "continue;"),
];

/** Words inside an expression. */
export const values: readonly Word[] = ["true", "false", "null"].map((name) => word(name, name, ""));
