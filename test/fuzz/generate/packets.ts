/** Statements about the packet: finding layers, reading, writing, moving. */
import { headersInside } from "./headers.js";
import { indexBelow, intExpression, typedInt } from "./integers.js";
import { exitText, mapStatement } from "./maps.js";
import {
  isScalar,
  killViews,
  newName,
  nullable,
  u16,
  u32,
  u64,
  u8,
  type Body,
  type HeaderT,
  type Type,
  type Variable,
} from "./model.js";
import type { Block } from "./statements.js";
import { expressionOf } from "./values.js";

const open = (...lines: readonly string[]): Block => ({ lines, exits: false });

export function packetStatement(b: Body): Block {
  const { rng, gen } = b;
  const layers = b.vars.filter((one) => one.type.kind === "layer");
  const packet = b.vars.some((one) => one.type.kind === "packet");
  if (layers.length === 0 && !packet) return open(...mapStatement(b));
  const few = layers.length === 0;
  return rng.choose<Block>([
    [packet ? (few ? 12 : 4) : 0, () => find(b)],
    [few ? 0 : 2, () => find(b, rng.pick(layers))],
    [few ? 1 : 8, () => write(b)],
    [2, () => view(b)],
    [2, () => read(b)],
    [few ? 0 : 2, () => destructure(b, rng.pick(layers))],
    [few || gen.options.deterministic ? 0 : 1, () => askKernel(b)],
    [packet && b.loops === 0 ? 2 : 0, () => move(b)],
  ]);
}

/** Binds a layer. */
function find(b: Body, outer?: Variable): Block {
  const { rng, gen } = b;
  const packets = b.vars.filter((one) => one.type.kind === "packet");
  const from = outer ?? (packets.length > 0 ? rng.pick(packets) : undefined);
  if (!from) return open();
  const name = newName(gen, rng.pick(["ip", "tcp", "layer", "header"]));
  if (from.type.kind === "packet" && rng.chance(12)) {
    const eth = gen.headers.get("Ethernet");
    if (eth) b.vars.push({ text: name, type: eth, mutable: false });
    return open(`const ${name} = ${from.text}.eth;`);
  }
  const inside = headersInside(gen.headers, from.type.kind === "layer" ? from.type.name : "Ethernet");
  if (inside.length === 0) return open();
  const common = inside.filter((one) => ["Ipv4", "Ipv6", "Tcp", "Udp"].includes(one.name));
  const header = common.length > 0 && rng.chance(60) ? rng.pick(common) : rng.pick(inside);
  const text = `${from.text}.${header.layer}`;
  const deeper = headersInside(gen.headers, header.name);
  if (deeper.length > 0 && rng.chance(10)) {
    const second = rng.pick(deeper);
    b.vars.push({ text: name, type: nullable(second), mutable: false });
    return open(`const ${name} = ${text}?.${second.layer};`);
  }
  if (rng.chance(65)) {
    const leave = exitText(b);
    b.vars.push({ text: name, type: header, mutable: false });
    return open(`const ${name} = ${text} ?? ${leave};`);
  }
  b.vars.push({ text: name, type: nullable(header), mutable: false });
  return open(`const ${name} = ${text};`);
}

const operators = ["=", "=", "=", "+=", "-=", "*=", "&=", "|=", "^=", ">>=", "<<="];

/** Writes a field. */
function write(b: Body): Block {
  const { rng, gen } = b;
  const layers = b.vars.filter((one) => one.type.kind === "layer" && one.type.fields.length > 0);
  const packets = b.vars.filter((one) => one.type.kind === "packet");
  const eth = gen.headers.get("Ethernet");
  const target: { text: string; type: Type } | undefined =
    layers.length > 0 && rng.chance(85)
      ? rng.pick(layers)
      : packets.length > 0 && eth
        ? { text: `${rng.pick(packets).text}.eth`, type: eth }
        : undefined;
  if (target?.type.kind !== "layer") return open();
  const field = rng.pick(target.type.fields);
  const place = `${target.text}.${field.name}`;
  if (field.type.kind === "int") {
    const operator = rng.pick(operators);
    if (operator.length === 3) return open(`${place} ${operator} ${rng.below(field.type.bits)};`);
    if (rng.chance(8)) return open(`${place}${rng.pick(["++", "--"])};`);
    return open(`${place} ${operator} ${intExpression(b, field.type, rng.pick([0, 1, 2]))};`);
  }
  return open(`${place} = ${expressionOf(b, field.type, 1)};`);
}

/** A value out of the packet, named. */
function read(b: Body): Block {
  const { rng, gen } = b;
  const layers = b.vars.filter((one) => one.type.kind === "layer" && one.type.fields.length > 0);
  if (layers.length === 0) return find(b);
  const layer = rng.pick(layers);
  if (layer.type.kind !== "layer") return open();
  const field = rng.pick(layer.type.fields);
  const name = newName(gen);
  b.vars.push({ text: name, type: field.type, mutable: false });
  return open(`const ${name} = ${layer.text}.${field.name};`);
}

function destructure(b: Body, layer: Variable): Block {
  const { rng, gen } = b;
  if (layer.type.kind !== "layer") return open();
  const chosen = layer.type.fields.filter(() => rng.chance(35)).slice(0, 4);
  if (chosen.length === 0) return read(b);
  const names = chosen.map((field) => {
    const name = newName(gen);
    b.vars.push({ text: name, type: field.type, mutable: false });
    return `${field.name}: ${name}`;
  });
  return open(`const { ${names.join(", ")} } = ${layer.text};`);
}

/** The routing table and SYN cookies. */
function askKernel(b: Body): Block {
  const { rng, gen } = b;
  const layer = (name: string): string | undefined =>
    b.vars.find((one) => one.type.kind === "layer" && one.type.name === name)?.text;
  const [ip, ip6, tcp] = [layer("Ipv4"), layer("Ipv6"), layer("Tcp")];
  const name = newName(gen);
  const leave = exitText(b);
  const calls: string[] = [];
  if (ip !== undefined) calls.push(`fibLookup(${ip})?.ifindex`);
  if (ip6 !== undefined) calls.push(`fibLookup6(${ip6})?.ifindex`);
  if (ip !== undefined && tcp !== undefined) calls.push(`synCookie(${ip}, ${tcp})`);
  if (ip6 !== undefined && tcp !== undefined) calls.push(`synCookie6(${ip6}, ${tcp})`);
  if (calls.length === 0) return read(b);
  b.vars.push({ text: name, type: u32, mutable: false });
  return open(`const ${name} = ${rng.pick(calls)} ?? ${leave};`);
}

/** Bytes of the packet. */
function view(b: Body): Block {
  const { rng, gen } = b;
  const from = b.vars.filter((one) => ["layer", "packet", "bytes"].includes(one.type.kind));
  if (from.length === 0) return open();
  const one = rng.pick(from);
  const text =
    one.type.kind === "bytes" ? one.text : `${one.text}.${one.type.kind === "packet" ? "bytes" : "payload"}`;
  const at = rng.chance(50)
    ? `${rng.pick([0, 1, 12, 13, 54, 255, 0x7fff, 0xffff])}`
    : typedInt(b, rng.pick([u8, u16, u32, u64]), 1);
  const name = newName(gen);
  return rng.choose<Block>([
    [
      1,
      () => {
        b.vars.push({ text: name, type: { kind: "bytes" }, mutable: false });
        return open(`const ${name} = ${text};`);
      },
    ],
    [
      3,
      () => {
        const bits = rng.pick([8, 16, 32, 64]);
        const call = `${text}.u${bits}(${at})`;
        const type: Type = { kind: "int", bits, signed: false };
        if (rng.chance(50)) {
          const leave = exitText(b);
          b.vars.push({ text: name, type, mutable: false });
          return open(`const ${name} = ${call} ?? ${leave};`);
        }
        b.vars.push({ text: name, type: nullable(type), mutable: false });
        return open(`const ${name} = ${call};`);
      },
    ],
    [
      2,
      () => {
        const bits = rng.pick([8, 8, 16, 32, 64]);
        const type: Type = { kind: "int", bits, signed: false };
        const call = `${text}.set${bits === 8 ? "" : `U${bits}`}(${at}, ${intExpression(b, type, 1)})`;
        return rng.chance(60) ? open(`${call};`) : open(`if (!${call}) ${exitText(b)};`);
      },
    ],
    [
      1,
      () => {
        const leave = exitText(b);
        b.vars.push({ text: name, type: u8, mutable: false });
        return open(`const ${name} = ${text}[${at}] ?? ${leave};`);
      },
    ],
  ]);
}

/** What moves the packet. Afterwards all that was found in it is gone. */
function move(b: Body): Block {
  const { rng, gen } = b;
  const packet = b.vars.find((one) => one.type.kind === "packet")?.text ?? "pkt";
  const layers = b.vars.filter((one) => one.type.kind === "layer");
  const programs = gen.maps.filter((one) => one.kind === "ProgramArray");
  const moved = (lines: readonly string[]): Block => {
    b.shared.moves++;
    killViews(b);
    return open(...lines);
  };
  const status = (text: string): readonly string[] => {
    const leave = exitText({ ...b, vars: b.vars.filter((one) => isScalar(one.type)) });
    if (rng.chance(50)) return [`if (!${text}) ${leave};`];
    if (rng.chance(40)) return [`${text};`];
    const name = newName(gen);
    b.vars.push({ text: name, type: { kind: "bool" }, mutable: false });
    return [`const ${name} = ${text};`];
  };
  return rng.choose<Block>([
    [
      4,
      () => moved(status(`${packet}.${rng.pick(["adjustHead", "adjustTail", "adjustMeta"])}(${delta(b)})`)),
    ],
    [
      layers.length > 0 ? 4 : 0,
      () => {
        const { lines, found } = prepend(b, rng.pick(layers));
        const made = moved(lines);
        if (found) b.vars.push(found);
        return made;
      },
    ],
    [
      layers.length > 0 ? 3 : 0,
      () => {
        const layer = rng.pick(layers);
        const tag = layer.type.kind === "layer" && layer.type.name === "Vlan";
        return moved(status(`${layer.text}.${tag ? "remove" : "decapsulate"}()`));
      },
    ],
    [
      programs.length > 0 ? 5 : 0,
      () => {
        const array = rng.pick(programs);
        return moved([`${array.name}.call(${packet}, ${indexBelow(b, array.size, u32)});`]);
      },
    ],
  ]);
}

function delta(b: Body): string {
  const { rng } = b;
  if (rng.chance(65))
    return `${rng.pick([-256, -32, -20, -14, -8, -4, -1, 0, 1, 4, 8, 14, 20, 100, 1500, 0x7fff])}`;
  return typedInt(b, { kind: "int", bits: rng.pick([16, 32]), signed: true }, 1);
}

function prepend(b: Body, layer: Variable): { readonly lines: readonly string[]; readonly found?: Variable } {
  const { rng, gen } = b;
  const likely = ["Ipv4", "Ipv6", "Vlan", "Udp", "Gre", "Vxlan", "Mpls", "Ethernet"];
  const usual = likely.map((name) => gen.headers.get(name)).filter((one) => one !== undefined);
  const header: HeaderT = rng.pick(rng.chance(80) ? usual : [...gen.headers.values()]);
  const fields = header.fields
    .filter(() => rng.chance(30))
    .map((field) => `${field.name}: ${expressionOf(b, field.type, 1)}`);
  const text = `${layer.text}.prepend<${header.name}>({ ${fields.join(", ")} })`;
  if (rng.chance(60)) return { lines: [`${text};`] };
  const name = newName(gen);
  const leave = exitText({ ...b, vars: b.vars.filter((one) => isScalar(one.type)) });
  const found: Variable = { text: name, type: header, mutable: false };
  return { lines: [`const ${name} = ${text} ?? ${leave};`], found };
}
