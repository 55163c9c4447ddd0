import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LoaderError, openObject, TestRunner } from "../../src/loader/index.js";
import { compileScript } from "../support/compile.js";
import { describeKernel } from "../support/kernel.js";
import { openTshark, readCorpus, tsharkProblem, type Sample, type Shape, type Tshark } from "./corpus.js";

/*
 * Ten filters over every packet of every capture, judged by tshark packet by packet. Where the two differ, the packet
 * must be one that an explanation names, and every explanation must be needed.
 */

interface Difference {
  /** Who selects the packets that the other does not. */
  readonly by: "tshark" | "xdpl";
  /** A display filter that all of these packets pass. */
  readonly where: string;
  readonly because: string;
}

interface Filter {
  /** `filters/NAME.xdpl` */
  readonly name: string;
  readonly display: string;
  /** How many packets of each shape xdpl selects: known without tshark too. */
  readonly counts: Partial<Record<Shape, number>>;
  readonly differences: readonly Difference[];
}

const inTunnels: Difference = {
  by: "tshark",
  where: "geneve || vxlan || erspan || mpls || nsh",
  because: "tshark looks into tunnels; `pkt.tcp` and its like are the outermost",
};

const thirdTag: Difference = {
  by: "tshark",
  where: 'frame.protocols contains "ieee8021ad:ethertype:vlan:ethertype:vlan"',
  because: "tagged twice by the test, a tagged packet has three tags; two are walked",
};

const filters: readonly Filter[] = [
  {
    name: "tcp-port",
    display: "tcp.port in {22, 53, 179}",
    counts: { captured: 109, tagged: 109 },
    differences: [inTunnels],
  },
  {
    name: "udp-port",
    display: "udp.port in {53, 88, 123, 546..547, 1985, 4500}",
    counts: { captured: 189, tagged: 189 },
    differences: [
      {
        by: "xdpl",
        where: "ip.len < 20",
        because: "tshark stops at a total length shorter than the header; xdpl does not judge it",
      },
    ],
  },
  {
    name: "vlan-id",
    display: "vlan.id in {7, 79, 100} || ieee8021ad.id in {7, 79, 100}",
    counts: { captured: 6, tagged: 3960 },
    differences: [],
  },
  { name: "qinq", display: "ieee8021ad && vlan", counts: { captured: 0, tagged: 3960 }, differences: [] },
  {
    name: "ipv6-extension",
    display: "ipv6.hopopts || ipv6.routing || ipv6.dstopts || mipv6",
    counts: { captured: 10, tagged: 10 },
    differences: [
      {
        by: "tshark",
        where: "mipv6 && ipv6.nxt == 62",
        because: "62 was the mobility header's number in drafts; IANA gave it 135, and 62 to CFTP",
      },
    ],
  },
  {
    name: "fragments",
    display: "ip.flags.mf == 1 || ip.frag_offset > 0 || ipv6.fraghdr",
    counts: { captured: 8, tagged: 8 },
    differences: [],
  },
  {
    name: "icmp-type",
    display: "icmp.type in {8, 42, 43} || icmpv6.type in {128, 160, 161}",
    counts: { captured: 20, tagged: 20 },
    differences: [inTunnels],
  },
  {
    name: "gre",
    display: "gre.proto in {0x22eb, 0x2001}",
    counts: { captured: 64, tagged: 58 },
    differences: [thirdTag],
  },
  {
    name: "vxlan-inner",
    display:
      "vxlan && (ip.dst#2 == 224.0.0.0/4 || ip.src#2 == 192.168.0.0/16 || (!ip.src#2 && ipv6.src == fe80::/10))",
    counts: { captured: 8, tagged: 8, tunnelled: 468 },
    differences: [
      {
        by: "tshark",
        where: "nsh && udp.port == 4790",
        because: "tshark calls VXLAN-GPE, which has a port and a header of its own, vxlan too",
      },
    ],
  },
  {
    name: "prefixes",
    display:
      "ip.src == 10.0.0.0/8 || ip.src == 192.168.0.0/16 || ip.dst == 224.0.0.0/4 || ipv6.src == fe80::/10 || ipv6.dst == 2001:db8::/32",
    counts: { captured: 638, tagged: 636 },
    differences: [inTunnels, thirdTag],
  },
];

/** Filters ask about the outermost headers; those of tunnelled packets are the test's own, but for this one. */
const shapesOf = (filter: Filter): readonly Shape[] =>
  filter.name === "vxlan-inner" ? ["captured", "tagged", "tunnelled"] : ["captured", "tagged"];

const drop = 1;

describeKernel("filters over the captures", () => {
  const samples = readCorpus();
  let tshark: Tshark | undefined;
  /** Packets that no test run takes. */
  const refused = new Set<number>();

  beforeAll(() => {
    if (tsharkProblem === undefined) tshark = openTshark(samples);
  });
  afterAll(() => tshark?.close());

  async function select({ name }: Filter): Promise<ReadonlySet<number>> {
    const path = join(import.meta.dirname, "filters", `${name}.xdpl`);
    const result = openObject(await compileScript(readFileSync(path, "utf8"), path)).load();
    if (result.kind === "rejected") throw new Error(`${name} is rejected:\n${result.log.slice(-4000)}`);
    using object = result.object;
    const [program] = object.programs;
    if (!program) throw new Error("no program");
    const runner = new TestRunner(program.fd);
    const selected = new Set<number>();
    for (const [at, { data }] of samples.entries()) {
      try {
        if (runner.run(data).retval === drop) selected.add(at);
      } catch (failure) {
        if (!(failure instanceof LoaderError)) throw failure;
        refused.add(at);
      }
    }
    return selected;
  }

  for (const filter of filters) {
    it(`${filter.name}: ${filter.display}`, async () => {
      const shapes = shapesOf(filter);
      const ours = await select(filter);
      const counts = Object.fromEntries(
        shapes.map((shape) => [shape, [...ours].filter((at) => samples[at]?.shape === shape).length]),
      );
      expect(counts).toEqual(filter.counts);

      if (!tshark) return;
      const theirs = tshark.select(filter.display);
      const inScope = (at: number): boolean =>
        !refused.has(at) && shapes.includes(samples[at]?.shape ?? "captured");
      const apart: readonly { readonly at: number; readonly by: Difference["by"] }[] = [
        ...[...theirs].filter((at) => !ours.has(at)).map((at) => ({ at, by: "tshark" as const })),
        ...[...ours].filter((at) => !theirs.has(at)).map((at) => ({ at, by: "xdpl" as const })),
      ].filter(({ at }) => inScope(at));
      const explanations = filter.differences.map((one) => ({ one, frames: tshark?.select(one.where) }));
      const unexplained = apart.filter(
        ({ at, by }) => !explanations.some(({ one, frames }) => one.by === by && frames?.has(at)),
      );
      expect(unexplained.map(({ at, by }) => `${nameOf(samples[at])}: only ${by} selects it`)).toEqual([]);
      for (const { one, frames } of explanations) {
        const uses = apart.filter(({ at, by }) => one.by === by && frames?.has(at)).length;
        expect(uses, `needed: ${one.because}`).toBeGreaterThan(0);
      }
    });
  }

  it("runs on nearly all packets", () => {
    for (const at of refused) {
      const length = samples[at]?.data.length ?? 0;
      // Less than an Ethernet header, or more than a test run has buffers for: 80 KB packets of "big TCP".
      expect(length < 14 || length > 70_000, `${nameOf(samples[at])}: ${length} bytes`).toBe(true);
    }
    expect(refused.size).toBeLessThan(10);
  });
});

const nameOf = (sample: Sample | undefined): string => sample?.name ?? "";
