/**
 * `./dev bench lsp [EDITS] [LINES]`: how long an editor waits. A client over standard input and output types into a
 * script of 1000 lines (the examples, several times) and asks for completion; times are from the edit to what the
 * client has read, all that is proven included. Medians, after a warm-up; beside them what the server's main thread
 * worked, for machines that are busy with other things. Then memory, over many edits.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startClient, type TestClient } from "../test/lsp/client.js";
import { scriptOfLines } from "./lsp-script.js";

const [edits = 10_000, lines = 1000] = process.argv.slice(2).map(Number);
const server = join(import.meta.dirname, "../dist/cli/lsp.cjs");

const client = await startClient({ command: [process.execPath, server, "--stdio"] });
const text = scriptOfLines(lines);
const uri = await client.open("large.xdpl", text);
console.log(`${text.split("\n").length} lines, ${text.length} characters`);
await client.diagnostics(uri);

/** Bodies of programs, all over the script, where something is typed. */
const places = [...text.matchAll(/^xdp.*\{\n/gm)].map((match) => match[0]);

report("diagnostics after an edit in a program, all proven", await rounds(60, (i) => timeEdit(client, i)));
report("diagnostics after an edit that is an error", await rounds(40, (i) => timeError(client, i)));
report("completion after a dot, half-typed", await rounds(60, (i) => timeCompletion(client, i, "pkt.")));
report("completion of names", await rounds(40, (i) => timeCompletion(client, i, "const unfinished = ")));
report("hover", await rounds(40, () => timeHover(client)));
await memory(client);
await client.end();

interface Times {
  readonly waited: readonly number[];
  readonly worked: readonly number[];
}

async function rounds(
  count: number,
  round: (i: number) => Promise<readonly [number, number]>,
): Promise<Times> {
  const times: { readonly waited: number[]; readonly worked: number[] } = { waited: [], worked: [] };
  for (let i = 0; i < count + 20; i++) {
    const [waited, worked] = await round(i);
    if (i < 20) continue;
    times.waited.push(waited);
    times.worked.push(worked);
  }
  return times;
}

/** Milliseconds that the server's main thread has worked so far. */
function work(): number {
  const [time = "0"] = readFileSync(`/proc/${client.pid}/task/${client.pid}/schedstat`, "utf8").split(" ");
  return Number(time) / 1e6;
}

function report(what: string, { waited, worked }: Times): void {
  console.log(`${what}: ${spread(waited)}; worked ${spread(worked)}`);
}

function spread(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
  return `${at(0.5)} ms (90 %: ${at(0.9)}, most: ${at(1)})`;
}

/** Until the last diagnostics of this text have come. */
async function timed(change: () => Promise<void>): Promise<readonly [number, number]> {
  const start = performance.now();
  const before = work();
  await change();
  await client.diagnostics(uri);
  // Early diagnostics are followed by those of the proofs.
  for (let seen = client.arrivedAt(uri); ; seen = client.arrivedAt(uri)) {
    await new Promise((done) => {
      setTimeout(done, 80);
    });
    if (client.arrivedAt(uri) === seen) return [seen - start, work() - before];
  }
}

async function timeEdit(on: TestClient, i: number): Promise<readonly [number, number]> {
  const place = places[(i * 7) % places.length] ?? "";
  const typed = `${place}  const typed = ${i};\n  if (pkt.length == typed + 60) return DROP;\n`;
  const time = await timed(() => on.edit(uri, place, typed));
  await on.edit(uri, typed, place);
  await on.diagnostics(uri);
  return time;
}

async function timeError(on: TestClient, i: number): Promise<readonly [number, number]> {
  const place = places[(i * 7) % places.length] ?? "";
  const time = await timed(() => on.edit(uri, place, `${place}  const typed = pkt.lenght;\n`));
  await on.edit(uri, `${place}  const typed = pkt.lenght;\n`, place);
  await on.diagnostics(uri);
  return time;
}

async function timeCompletion(on: TestClient, i: number, typed: string): Promise<readonly [number, number]> {
  const place = places[(i * 7) % places.length] ?? "";
  // As an editor asks: right behind the edit.
  await on.edit(uri, place, `${place}  ${typed}\n`);
  const position = on.at(uri, `${place}  ${typed}`, place.length + 2 + typed.length);
  const start = performance.now();
  const before = work();
  await on.connection.sendRequest("textDocument/completion", { textDocument: { uri }, position });
  const time = [performance.now() - start, work() - before] as const;
  await on.edit(uri, `${place}  ${typed}\n`, place);
  await on.diagnostics(uri);
  return time;
}

async function timeHover(on: TestClient): Promise<readonly [number, number]> {
  const start = performance.now();
  const before = work();
  await on.connection.sendRequest("textDocument/hover", {
    textDocument: { uri },
    position: on.at(uri, "pkt.ipv4", 5),
  });
  return [performance.now() - start, work() - before];
}

/** Resident memory while typing goes on, diagnostics awaited each time. */
async function memory(on: TestClient): Promise<void> {
  const step = Math.max(1, Math.floor(edits / 10));
  const seen: string[] = [];
  for (let i = 0; i <= edits; i++) {
    const place = places[i % places.length] ?? "";
    const typed = `${place}  const typed = ${i};\n`;
    await on.edit(uri, place, typed);
    await on.diagnostics(uri);
    await on.edit(uri, typed, place);
    if (i % step === 0) seen.push(`${i}: ${residentMemory(on.pid)}`);
  }
  console.log(`resident memory in MiB after so many edits (each undone): ${seen.join(", ")}`);
}

function residentMemory(pid: number): number {
  const [, kib = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kib) / 1024);
}
