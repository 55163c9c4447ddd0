/** A script of two modules, open in a server: what the tests of its features ask about. */
import { beforeEach } from "vitest";
import type { Position, TextEdit } from "vscode-languageserver/node";
import type { TestClient } from "./client.js";
import { useServer } from "./server.js";

export const rateText = `/** What is left of a source's allowance. */
export struct Bucket {
  /** Packets that may still pass. */
  tokens: u64;
  refilled: u64;
}

/** Whether one more packet may pass. */
export function allow(b: Bucket, at: u64): bool {
  if (b.tokens == 0) return false;
  b.tokens -= 1;
  return at > b.refilled;
}
`;

export const mainText = `import { Bucket, allow } from "./rate.xdpl";

// How much,
// and of what.
param burst: u64 = 2_000;

const buckets = new LruHash<Ipv4Addr, Bucket>(65_536);

header Probe after Udp when (udp.dst == 7) {
  kind: u8;
  port: u16;
}

xdp firewall(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  const bucket = buckets.get(ip.src);
  if (!bucket) {
    const made: Bucket = { tokens: burst, refilled: now() };
    buckets.set(ip.src, made);
    return PASS;
  }
  const slot = ip.ttl & 7;
  const probe = pkt.probe;
  if (probe && probe.kind == 1) return DROP;
  return allow(bucket, slot) ? PASS : DROP;
}
`;

export interface Project {
  readonly client: TestClient;
  /** The URI of the module with the program; before each test it has `mainText`. */
  readonly main: string;
  readonly rate: string;
  /** Sends a request about the place `ahead` characters behind the start of `needle`. */
  readonly ask: <R>(method: string, needle: string, ahead?: number, extra?: object) => Promise<R>;
}

/** For the tests of one file. */
export function useProject(): Project {
  const server = useServer({ options: { commands: true, inlayHints: { ranges: true } } });
  let main = "";
  let rate = "";
  beforeEach(async () => {
    const { client } = server;
    if (main !== "") {
      await client.change(main, mainText);
      return;
    }
    rate = client.file("rate.xdpl", rateText);
    main = await client.open("main.xdpl", mainText);
  });
  return {
    get client() {
      return server.client;
    },
    get main() {
      return main;
    },
    get rate() {
      return rate;
    },
    ask: (method, needle, ahead = 0, extra = {}) => {
      const position: Position = server.client.at(main, needle, ahead);
      return server.client.connection.sendRequest(method, {
        textDocument: { uri: main },
        position,
        ...extra,
      });
    },
  };
}

/** The line of the text that has this in it. */
export const lineOf = (text: string, needle: string): number =>
  text.slice(0, text.indexOf(needle)).split("\n").length - 1;

/** The text with the edits of an answer made. */
export function applied(text: string, edits: readonly TextEdit[]): string {
  const starts = [0, ...[...text.matchAll(/\n/g)].map((one) => one.index + 1)];
  const offset = ({ line: at, character }: Position): number => (starts[at] ?? text.length) + character;
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (done, { range, newText }) =>
        done.slice(0, offset(range.start)) + newText + done.slice(offset(range.end)),
      text,
    );
}
