/** The little Markdown of the error pages, for a terminal: headings, paragraphs, lists, code. */
import pc from "picocolors";
import { wrap } from "../diagnostics/render-width.js";

export interface MarkdownOptions {
  readonly color: boolean;
  readonly width: number;
}

export function renderMarkdown(text: string, { color, width }: MarkdownOptions): string {
  const colors = pc.createColors(color);
  const inline = (line: string): string =>
    color
      ? line
          .replace(/`([^`]+)`/g, (_, code: string) => colors.cyan(code))
          .replace(/\*\*([^*]+)\*\*/g, (_, b: string) => colors.bold(b))
      : line.replace(/\*\*([^*]+)\*\*/g, "$1");
  const output: string[] = [];
  let paragraph: string[] = [];
  let indent = "";
  const flush = (): void => {
    if (paragraph.length > 0) {
      const [first = "", ...rest] = wrap(paragraph.join(" "), width - indent.length);
      output.push(inline(first));
      output.push(...rest.map((line) => indent + inline(line)));
    }
    paragraph = [];
    indent = "";
  };
  let fence = false;
  for (const line of text.replace(/\r/g, "").split("\n")) {
    if (/^\s*```/.test(line)) {
      flush();
      fence = !fence;
      continue;
    }
    if (fence) {
      output.push(line === "" ? "" : `    ${color ? colors.dim(line) : line}`);
      continue;
    }
    const heading = /^#+\s+(.*)$/.exec(line);
    const item = /^(\s*)([-*]|\d+\.)\s+(.*)$/.exec(line);
    if (heading) {
      flush();
      output.push(colors.bold(heading[1] ?? ""));
    } else if (line.trim() === "") {
      flush();
      output.push("");
    } else if (item) {
      flush();
      const lead = `${item[1] ?? ""}${item[2] ?? ""} `;
      indent = " ".repeat(lead.length);
      paragraph.push(lead + (item[3] ?? ""));
    } else if (line.startsWith("|")) {
      flush();
      output.push(inline(line));
    } else paragraph.push(line.trim());
  }
  flush();
  return (
    output
      .join("\n")
      .replace(/\n{3,}/g, "\n\n")
      .trim() + "\n"
  );
}
