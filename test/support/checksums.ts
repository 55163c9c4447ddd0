/**
 * An independent judge of checksums: walks a packet with a parser of its own and recomputes every Internet checksum
 * (RFC 1071) that it finds. Shares no code with the compiler; tshark agrees with it on all captures (test/captures).
 */

/** The checksum over bytes whose checksum field is zero. */
export function internetChecksum(bytes: Uint8Array): number {
  return ~sum(bytes) & 0xffff;
}

function sum(bytes: Uint8Array, start = 0): number {
  let total = start;
  for (let at = 0; at < bytes.length; at += 2) total += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}

export interface FoundChecksum {
  /** `ipv4`, `tcp`, `udp`, `icmp`, `icmpv6`. */
  readonly layer: string;
  /** Where the field stands in the packet. */
  readonly offset: number;
  /** The field as it is. */
  readonly value: number;
  /** What it would have to be. For UDP without a checksum, 0. */
  readonly expected: number;
  /** All that it covers is in the packet. */
  readonly complete: boolean;
  /**
   * By how much (mod 0xffff) the field is off. It is 0 where the checksum is right, and an update by RFC 1624 keeps it
   * where it is wrong.
   */
  readonly error: number;
}

/** Every checksum of a packet that starts with Ethernet, outermost first, those inside tunnels and ICMP errors not. */
export function checksums(packet: Uint8Array): readonly FoundChecksum[] {
  const found: FoundChecksum[] = [];
  link(packet, 0, found);
  return found;
}

/** The checksums that are wrong, as sentences; none is what a test expects. */
export function checksumProblems(packet: Uint8Array): readonly string[] {
  return checksums(packet)
    .filter((one) => one.error !== 0 && !(one.layer === "udp" && one.value === 0))
    .map((one) => `${one.layer} at ${one.offset}: ${hex(one.value)}, expected ${hex(one.expected)}`);
}

const hex = (value: number): string => `0x${value.toString(16).padStart(4, "0")}`;

const at8 = (packet: Uint8Array, at: number): number => packet[at] ?? 0;
const at16 = (packet: Uint8Array, at: number): number => (at8(packet, at) << 8) | at8(packet, at + 1);

function link(packet: Uint8Array, start: number, found: FoundChecksum[]): void {
  let type = at16(packet, start + 12);
  let at = start + 14;
  while ([0x8100, 0x88a8, 0x9100].includes(type)) {
    type = at16(packet, at + 2);
    at += 4;
  }
  if (type === 0x0800) ipv4(packet, at, found);
  else if (type === 0x86dd) ipv6(packet, at, found);
}

function ipv4(packet: Uint8Array, at: number, found: FoundChecksum[]): void {
  const size = (at8(packet, at) & 0xf) * 4;
  if (at + 20 > packet.length || size < 20) return;
  note(packet, "ipv4", at + 10, at, size, 0, found);
  const total = at16(packet, at + 2);
  const fragment = at16(packet, at + 6) & 0x3fff;
  const pseudo = sum(packet.subarray(at + 12, at + 20));
  // Of a packet in pieces no piece has all that the checksum covers.
  transport(packet, at8(packet, at + 9), at + size, total - size, pseudo, fragment, found);
}

function ipv6(packet: Uint8Array, start: number, found: FoundChecksum[]): void {
  if (start + 40 > packet.length) return;
  const end = start + 40 + at16(packet, start + 4);
  let destination = packet.subarray(start + 24, start + 40);
  let next = at8(packet, start + 6);
  let at = start + 40;
  let fragment = 0;
  for (;;) {
    const own = at8(packet, at);
    if (next === 43) destination = finalDestination(packet, at) ?? destination;
    if ([0, 43, 60, 135, 139, 140].includes(next)) at += (at8(packet, at + 1) + 1) * 8;
    else if (next === 44) {
      fragment = at16(packet, at + 2) & 0xfff9;
      at += 8;
    } else if (next === 51) at += (at8(packet, at + 1) + 2) * 4;
    else break;
    if (at >= packet.length) return;
    next = own;
  }
  const pseudo = sum(destination, sum(packet.subarray(start + 8, start + 24)));
  transport(packet, next, at, end - at, pseudo, fragment, found);
}

/** Where a routing header sends a packet in the end: that is what checksums cover (RFC 8200, 8.1). */
function finalDestination(packet: Uint8Array, at: number): Uint8Array | undefined {
  const [units, type, left] = [at8(packet, at + 1), at8(packet, at + 2), at8(packet, at + 3)];
  if (left === 0 || units < 2) return undefined;
  if (type === 0 || type === 2) return packet.subarray(at + 8 + units * 8 - 16, at + 8 + units * 8);
  // Segments are listed from the last to the first (RFC 8754).
  return type === 4 ? packet.subarray(at + 8, at + 24) : undefined;
}

function transport(
  packet: Uint8Array,
  protocol: number,
  at: number,
  length: number,
  addresses: number,
  fragment: number,
  found: FoundChecksum[],
): void {
  if (fragment !== 0) return;
  const pseudo = addresses + protocol + length;
  if (protocol === 6 && length >= 20) note(packet, "tcp", at + 16, at, length, pseudo, found);
  if (protocol === 17 && length >= 8) note(packet, "udp", at + 6, at, length, pseudo, found);
  if (protocol === 1 && length >= 4) note(packet, "icmp", at + 2, at, length, 0, found);
  if (protocol === 58 && length >= 4) note(packet, "icmpv6", at + 2, at, length, pseudo, found);
}

function note(
  packet: Uint8Array,
  layer: string,
  offset: number,
  from: number,
  length: number,
  pseudo: number,
  found: FoundChecksum[],
): void {
  if (offset + 2 > packet.length) return;
  const value = at16(packet, offset);
  const covered = packet.slice(from, from + length);
  covered[offset - from] = 0;
  covered[offset - from + 1] = 0;
  const computed = ~sum(covered, pseudo) & 0xffff;
  const expected = layer === "udp" && computed === 0 ? 0xffff : computed;
  const error = (((value - computed) % 0xffff) + 0xffff) % 0xffff;
  found.push({ layer, offset, value, expected, complete: from + length <= packet.length, error });
}
