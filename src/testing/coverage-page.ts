/** Coverage as one page of HTML that needs nothing else. */
import { totalsOf, type FileCoverage } from "./coverage.js";

const style = `
body { font: 14px system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse } td, th { padding: .2rem .8rem; text-align: right } td:first-child, th:first-child { text-align: left }
pre { font: 13px ui-monospace, monospace; line-height: 1.5; overflow-x: auto; border: 1px solid #ddd; border-radius: 6px; padding: .5rem 0 }
.row { display: block; padding: 0 1rem } .row b { display: inline-block; width: 3rem; text-align: right; color: #888; font-weight: normal; user-select: none }
.row i { display: inline-block; width: 5rem; text-align: right; padding-right: 1rem; color: #888; font-style: normal; user-select: none }
.hit { background: #e8f6e8 } .miss { background: #fde4e4 } .part { background: #fff6d6 }
small { color: #a00; user-select: none; padding-left: 2rem }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1b1b } pre { border-color: #444 }
.hit { background: #16351b } .miss { background: #4a1a1a } .part { background: #463a10 } small { color: #f99 } }
`;

export function coveragePage(files: readonly FileCoverage[]): string {
  const rows = files.map((one, i) => {
    const { lines, linesHit, branches, branchesHit } = totalsOf(one);
    return `<tr><td><a href="#f${i}">${escape(one.file.path)}</a></td><td>${linesHit} / ${lines}</td><td>${percent(linesHit, lines)}</td><td>${branchesHit} / ${branches}</td><td>${percent(branchesHit, branches)}</td></tr>`;
  });
  const head = "<tr><th>script</th><th>lines</th><th></th><th>branches</th><th></th></tr>";
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Coverage</title><style>${style}</style>
<h1>Coverage</h1>
<table>${head}${rows.join("")}</table>
${files.map(source).join("\n")}
</html>
`;
}

export function percent(hit: number, all: number): string {
  return all === 0 ? "–" : `${((100 * hit) / all).toFixed(1)} %`;
}

function source({ file, lines, branches }: FileCoverage, index: number): string {
  const rows = file.text.split("\n").map((text, i) => {
    const count = lines.get(i + 1);
    const missed = branches
      .filter((one) => one.line === i + 1)
      .flatMap(({ outcomes, span }) =>
        outcomes
          .filter((one) => one.count === 0)
          .map(
            (one) =>
              `${file.text.slice(span.start, Math.min(span.end, span.start + 30)).split("\n")[0] ?? ""}: never ${one.name}`,
          ),
      );
    const kind =
      count === undefined && missed.length === 0
        ? ""
        : count === 0
          ? "miss"
          : missed.length > 0
            ? "part"
            : "hit";
    const note = missed.length > 0 && count !== 0 ? `<small>${escape(missed.join("; "))}</small>` : "";
    return `<span class="row ${kind}"><b>${i + 1}</b><i>${count === undefined ? "" : `${count}×`}</i>${escape(text)}${note}</span>`;
  });
  return `<h2 id="f${index}">${escape(file.path)}</h2><pre>${rows.join("")}</pre>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
