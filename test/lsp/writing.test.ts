import { describe, expect, it } from "vitest";
import type { CodeAction, CodeLens, SignatureHelp, TextEdit } from "vscode-languageserver/node";
import { applied, mainText, useProject } from "./project.js";

const project = useProject();

describe("help while writing", () => {
  it("shows signatures, also of half-typed calls", async () => {
    const at = async (from: string, to: string): Promise<SignatureHelp | null> => {
      await project.client.change(project.main, mainText.replace(from, to.replace("|", "")));
      const position = project.client.at(project.main, to.slice(0, to.indexOf("|")), to.indexOf("|"));
      return project.client.connection.sendRequest("textDocument/signatureHelp", {
        textDocument: { uri: project.main },
        position,
      });
    };
    const last = "  return allow(bucket, slot) ? PASS : DROP;";
    const user = await at(last, "  return allow(bucket, |");
    expect(user).toMatchObject({
      activeParameter: 1,
      signatures: [{ label: "allow(b: Bucket, at: u64): bool" }],
    });
    const map = await at(last, "  buckets.set(|)");
    expect(map?.signatures[0]?.label).toBe(
      'buckets.set(key: Ipv4Addr, value: Bucket, mode?: "create" | "update"): bool',
    );
    const built = await at(last, "  const x = clamp(slot, |");
    expect(built).toMatchObject({ activeParameter: 1, signatures: [{ label: "clamp(x, low, high)" }] });
    const made = await at(
      "const buckets = new LruHash<Ipv4Addr, Bucket>(65_536);",
      "const buckets = new LruHash<Ipv4Addr, Bucket>(|",
    );
    expect(made?.signatures[0]?.label).toContain("LruHash<K, V>(entries");
  });

  it("offers the fix of each diagnostic, and all at once", async () => {
    const wrong = mainText
      .replace("const slot = ip.ttl & 7;", "const slot = ip.tll & 7;")
      .replace("const probe = pkt.probe;", "const probe = pkt.vxlan;")
      .replace("kind == 1) return DROP;", "kind == 1) return DROP")
      .concat("xdp other(pkt) {\n  if (pkt.tcp.syn) return DROP;\n  return PASS;\n}\n");
    await project.client.change(project.main, wrong);
    const found = await project.client.diagnostics(project.main);
    expect(found.map((one) => one.code).sort()).toEqual(["XD1002", "XD2010", "XD3101", "XD3201"]);
    const fixes: string[] = [];
    for (const one of found) {
      const actions: CodeAction[] = await project.client.connection.sendRequest("textDocument/codeAction", {
        textDocument: { uri: project.main },
        range: one.range,
        context: { diagnostics: [one], only: ["quickfix"] },
      });
      for (const action of actions) {
        expect(action.diagnostics?.[0]?.code).toBeDefined();
        fixes.push(applied(wrong, action.edit?.changes?.[project.main] ?? []));
      }
    }
    expect(fixes.some((one) => one.includes("ip.ttl & 7"))).toBe(true);
    expect(fixes.some((one) => one.includes('import { Vxlan } from "std/net/tunnel";'))).toBe(true);
    expect(fixes.some((one) => one.includes("return DROP;\n  return allow"))).toBe(true);
    expect(fixes.some((one) => /pkt\.tcp\?\.|if \(!pkt\.tcp\)|pkt\.tcp \?\? return/.test(one))).toBe(true);
    const [all]: CodeAction[] = await project.client.connection.sendRequest("textDocument/codeAction", {
      textDocument: { uri: project.main },
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      context: { diagnostics: [], only: ["source.fixAll"] },
    });
    const mended = applied(wrong, all?.edit?.changes?.[project.main] ?? []);
    expect(mended).toContain("ip.ttl");
    expect(mended).toContain("Vxlan");
  });

  it("puts in the guard that the verifier asks for, with the way out of that place", async () => {
    const guarded = async (text: string): Promise<readonly string[]> => {
      await project.client.change(project.main, text);
      const [one] = await project.client.diagnostics(project.main);
      const actions: CodeAction[] = await project.client.connection.sendRequest("textDocument/codeAction", {
        textDocument: { uri: project.main },
        range: one?.range,
        context: { diagnostics: one ? [one] : [], only: ["quickfix"] },
      });
      const mended = actions.map((each) => applied(text, each.edit?.changes?.[project.main] ?? []));
      for (const each of mended) {
        await project.client.change(project.main, each);
        expect(
          (await project.client.diagnostics(project.main)).map(({ message }) => message),
          each,
        ).toEqual([]);
      }
      return mended;
    };
    const top = "const counts = new Array<u64>(16);\n\n";
    const program = await guarded(
      `${top}xdp f(pkt) {\n  const ip = pkt.ipv4 ?? return PASS;\n  const i = ip.ttl;\n  counts[i] += 1;\n  return PASS;\n}\n`,
    );
    expect(program.some((one) => one.includes("  if (i > 15) return PASS;\n  counts[i] += 1;"))).toBe(true);
    const inFunction = await guarded(
      `${top}function g(i: u8): u64 {\n  return counts[i];\n}\n\nxdp f(pkt) {\n  return g(pkt.eth.type as u8) > 9 ? DROP : PASS;\n}\n`,
    );
    expect(inFunction.some((one) => one.includes("  if (i > 15) return 0;\n  return counts[i];"))).toBe(true);
  });

  it("puts imports in order", async () => {
    await project.client.change(
      project.main,
      `import { Vxlan } from "std/net/tunnel";\nimport { allow } from "./rate.xdpl";\nimport { Bucket, allow as permit } from "./rate.xdpl";\n${mainText.split("\n").slice(1).join("\n")}`,
    );
    const [action]: CodeAction[] = await project.client.connection.sendRequest("textDocument/codeAction", {
      textDocument: { uri: project.main },
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      context: { diagnostics: [], only: ["source.organizeImports"] },
    });
    const tidy = applied(project.client.text(project.main), action?.edit?.changes?.[project.main] ?? []);
    expect(tidy.split("\n").slice(0, 2)).toEqual([
      'import { Vxlan } from "std/net/tunnel";',
      'import { Bucket, allow } from "./rate.xdpl";',
    ]);
  });

  it("formats the whole, a range and a line, with edits of what changes only", async () => {
    const options = { tabSize: 2, insertSpaces: true };
    const messy = mainText
      .replace("const slot = ip.ttl & 7;", "const   slot=ip.ttl&7;")
      .replace("  kind: u8;", "kind:u8;");
    await project.client.change(project.main, messy);
    const textDocument = { uri: project.main };
    const whole: TextEdit[] = await project.client.connection.sendRequest("textDocument/formatting", {
      textDocument,
      options,
    });
    expect(applied(messy, whole)).toBe(mainText);
    expect(whole).toHaveLength(2);
    const at = project.client.at(project.main, "const   slot", 0);
    const ranged: TextEdit[] = await project.client.connection.sendRequest("textDocument/rangeFormatting", {
      textDocument,
      options,
      range: { start: at, end: at },
    });
    expect(ranged).toHaveLength(1);
    const typed: TextEdit[] = await project.client.connection.sendRequest("textDocument/onTypeFormatting", {
      textDocument,
      options,
      position: at,
      ch: ";",
    });
    expect(typed).toEqual(ranged);
    await project.client.change(project.main, "xdp f(pkt) {");
    expect(
      await project.client.connection.sendRequest("textDocument/formatting", { textDocument, options }),
    ).toEqual([]);
  });
});

describe("above a program", () => {
  it("stands what it costs: instructions, what the kernel's verifier walks through, stack", async () => {
    await project.client.change(project.main, mainText);
    await project.client.diagnostics(project.main);
    const lenses: CodeLens[] = await project.client.connection.sendRequest("textDocument/codeLens", {
      textDocument: { uri: project.main },
    });
    const unresolved = lenses.find((one) => one.data !== undefined);
    expect(unresolved).toBeDefined();
    const lens: CodeLens = await project.client.connection.sendRequest("codeLens/resolve", unresolved);
    expect(lens.command?.title).toMatch(/ [1-9]\d* verifier steps · (\d+ bytes of|no) stack · Linux \d/);
  });
});
