/** What `bpf_fib_lookup` knows: a table that a test fills. */

/** One route, with the next hop's address known. */
export interface Route {
  /** An IPv4 or IPv6 network in network order. */
  readonly network: Uint8Array;
  readonly length: number;
  readonly ifindex: number;
  /** The device's own address. */
  readonly src: Uint8Array;
  /** The next hop's; undefined when it is not resolved yet. */
  readonly dst: Uint8Array | undefined;
  readonly mtu: number;
}

export class Routes {
  private routes: Route[] = [];

  add(route: Route): void {
    this.routes.push(route);
  }

  clear(): void {
    this.routes = [];
  }

  /** The longest match. */
  find(address: Uint8Array): Route | undefined {
    let best: Route | undefined;
    for (const route of this.routes) {
      if (route.network.length !== address.length || (best && best.length >= route.length)) continue;
      if (inside(address, route)) best = route;
    }
    return best;
  }
}

function inside(address: Uint8Array, { network, length }: Route): boolean {
  for (let bit = 0; bit < length; bit += 8) {
    const mask = (0xff00 >> Math.min(8, length - bit)) & 0xff;
    const at = bit / 8;
    if (((address[at] ?? 0) & mask) !== ((network[at] ?? 0) & mask)) return false;
  }
  return true;
}

/** BPF_FIB_LKUP_RET_* (uapi/linux/bpf.h). */
export const fibReturn = { success: 0, notForwarded: 4, noNeighbour: 7, tooLong: 8 } as const;
