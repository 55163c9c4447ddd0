/** `xdpl explain XD3101`: the page of a diagnostic code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { registry } from "../diagnostics/registry.js";
import { didYouMean } from "../diagnostics/suggest.js";
import { packageRoot } from "../host.js";
import { exitCode, usage, type ExitCode } from "./failure.js";
import { renderMarkdown } from "./markdown.js";
import type { Context } from "./program.js";

const titles: ReadonlyMap<string, string> = new Map(Object.entries(registry));

function page(code: string): string | undefined {
  try {
    return readFileSync(join(packageRoot(), "docs", "errors", `${code}.md`), "utf8");
  } catch {
    return undefined;
  }
}

export function explain({ terminal, json }: Context, asked: string | undefined): ExitCode {
  if (asked === undefined) {
    const codes = [...titles]
      .map(([code, title]) => ({ code, title }))
      .sort((a, b) => (a.code < b.code ? -1 : 1));
    if (json) terminal.out(JSON.stringify(codes, null, 2) + "\n");
    else for (const { code, title } of codes) terminal.out(`${code}  ${title}\n`);
    return exitCode.ok;
  }
  const digits = /^(?:XD)?(\d{4})$/i.exec(asked.trim())?.[1];
  const code = digits === undefined ? asked : `XD${digits}`;
  const title = titles.get(code);
  if (title === undefined) {
    const near = didYouMean(code, titles.keys());
    throw usage(
      `there is no diagnostic ${code}`,
      near === undefined
        ? "`xdpl explain` lists all of them"
        : `did you mean ${near} (${titles.get(near) ?? ""})?`,
    );
  }
  const text = page(code);
  if (json) terminal.out(JSON.stringify({ code, title, page: text ?? null }, null, 2) + "\n");
  else if (text === undefined) terminal.out(`${code}: ${title}\n`);
  else terminal.out(renderMarkdown(text, { color: terminal.outColor, width: terminal.width }));
  return exitCode.ok;
}
