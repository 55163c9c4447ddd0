/** Packets for properties: layers along the protocol graph, values that matter, and then some damage. */
import type { Checked, ConstantValue } from "../check/checked.js";
import { forEachNode } from "../syntax/walk.js";
import type { Header, HeaderFieldInfo } from "../check/types.js";
import { buildPacket, impliedBy, type LayerValues } from "../sim/packets.js";

export interface Chance {
  /** A whole number below `limit`. */
  readonly below: (limit: number) => number;
}

/** xorshift32: the same seed, the same packets. */
export function chanceOf(seed: number): Chance {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x85ebca6b) | 1;
  return {
    below: (limit) => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % Math.max(1, limit);
    },
  };
}

const deepest = 7;

/** Numbers that the script itself names: what it compares with is what decides. */
export function wordsOf(checked: Checked): readonly bigint[] {
  const found = new Set<bigint>();
  const add = (value: ConstantValue): void => {
    if (value.kind === "number") found.add(value.value);
    else if (value.kind === "prefix") found.add(value.value | 1n);
    else if (value.kind === "range") {
      found.add(value.from);
      found.add(value.to);
    } else if (value.kind === "list") value.elements.forEach(add);
  };
  for (const module of checked.modules) {
    if (module.file.path.startsWith("std/") && !module.file.path.endsWith(".xdpl")) continue;
    forEachNode(module, ({ id }) => {
      const value = checked.constants.get(id);
      if (value) add(value);
    });
  }
  return [...found].filter((one) => one >= 0n);
}

export function generatePacket(checked: Checked, words: readonly bigint[], chance: Chance): Uint8Array {
  const layers: LayerValues[] = [];
  const roots = checked.headers.filter((one) => one.parents.length === 0);
  let header: Header | undefined = roots.find((one) => one.layer === "eth") ?? roots[0];
  while (header && layers.length < deepest) {
    const next = nextOf(checked, header, chance);
    // What leads to the next layer stays as it must be, but for one layer in eight.
    const kept = next && chance.below(8) !== 0 ? impliedBy(checked, header, next) : new Map();
    const chosen = (one: HeaderFieldInfo): boolean =>
      !one.covers && isFree(one) && !kept.has(one) && chance.below(one.value ? 6 : 2) === 0;
    const fields = header.fields.filter(chosen);
    const values = fields.map((one) => valueFor(one, words, chance));
    layers.push({ site: { kind: "header", header, fields, options: [] }, values });
    header = next;
  }
  const length = chance.below(4) === 0 ? chance.below(600) : chance.below(40);
  const bytes = Array.from({ length }, () => chance.below(256));
  layers.push({ site: { kind: "bytes", bytes }, values: [] });
  const packet = buildPacket(checked, layers);
  return damaged(packet.length < 14 ? new Uint8Array(14) : packet, chance);
}

/** Lengths follow from the packet; what damage does is enough for them. */
function isFree({ value, type }: HeaderFieldInfo): boolean {
  return (value === undefined || value.kind === "number") && type.kind !== "array";
}

const weights: Readonly<Record<string, number>> = { ipv4: 3, ipv6: 2, tcp: 4, udp: 4, vlan: 1 };

function nextOf(checked: Checked, header: Header, chance: Chance): Header | undefined {
  if (header.next) return chance.below(4) === 0 ? undefined : header.next;
  const after = [header, header.continues?.header];
  const children = checked.headers.filter((one) =>
    one.parents.some((parent) => after.includes(parent.header)),
  );
  if (children.length === 0 || chance.below(12) === 0) return undefined;
  // The common ones: a graph has many rare children.
  const common = children.flatMap((one) => Array.from({ length: weights[one.layer] ?? 0 }, () => one));
  const choices = common.length > 0 && chance.below(6) !== 0 ? common : children;
  return choices[chance.below(choices.length)];
}

function valueFor({ bits }: HeaderFieldInfo, words: readonly bigint[], chance: Chance): bigint {
  const most = (1n << BigInt(bits)) - 1n;
  const fitting = words.filter((one) => one <= most);
  switch (chance.below(8)) {
    case 0:
      return 0n;
    case 1:
      return most;
    case 2: {
      let value = 0n;
      for (let at = 0; at < bits; at += 16) value = (value << 16n) | BigInt(chance.below(0x10000));
      return value & most;
    }
    default:
      return fitting[chance.below(fitting.length)] ?? 1n;
  }
}

/** One packet in three is cut short or has bytes changed. */
function damaged(packet: Uint8Array, chance: Chance): Uint8Array {
  switch (chance.below(6)) {
    case 0:
      return packet.slice(0, Math.max(14, chance.below(packet.length + 1)));
    case 1: {
      const changed = packet.slice();
      for (let i = 0; i <= chance.below(4); i++) changed[chance.below(changed.length)] = chance.below(256);
      return changed;
    }
    default:
      return packet;
  }
}

/** Smaller packets that still fail: shorter first, then with more zeros. */
export function shrinkPacket(packet: Uint8Array, fails: (packet: Uint8Array) => boolean): Uint8Array {
  let best = packet;
  let budget = 400;
  const take = (candidate: Uint8Array): boolean => {
    if (budget-- <= 0 || !fails(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let cut = best.length >> 1; cut > 0; cut >>= 1)
    while (best.length - cut >= 14 && take(best.slice(0, best.length - cut)));
  for (let size = 16; size > 0; size >>= 1) {
    for (let at = 0; at < best.length; at += size) {
      if (best.subarray(at, at + size).every((one) => one === 0)) continue;
      const candidate = best.slice();
      candidate.fill(0, at, at + size);
      take(candidate);
    }
  }
  return best;
}
