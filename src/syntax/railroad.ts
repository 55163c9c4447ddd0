/**
 * Railroad diagrams of the grammar, made from the parser: `grammar/xdpl.html` is this text, and a test keeps it so. A
 * diagram is read from left to right along any track: what a train could pass is a sentence.
 */
import { assertNever } from "../base/invariant.js";
import { productions, type Production } from "./productions.js";

/** A drawing whose track enters on the left and leaves on the right, `up` pixels below its top. */
interface Drawing {
  readonly width: number;
  readonly up: number;
  readonly down: number;
  /** SVG with the track's entry at x, y. */
  readonly draw: (x: number, y: number) => string;
}

const arc = 10;
const gap = 8;
const half = 11;
/** Of a monospaced letter at 13 pixels. */
const letter = 7.8;

function track(from: readonly [number, number], ...steps: readonly string[]): string {
  return `<path d="M${from[0]} ${from[1]}${steps.join("")}"/>`;
}

function box(text: string, kind: "rule" | "word" | "class"): Drawing {
  const width = Math.ceil(text.length * letter) + 20;
  const rounded = kind === "rule" ? 0 : half;
  const label = (x: number, y: number): string =>
    `<text x="${x + width / 2}" y="${y + 4}">${escaped(text)}</text>`;
  return {
    width,
    up: half,
    down: half,
    draw: (x, y) => {
      const shape = `<rect class="${kind}" x="${x}" y="${y - half}" width="${width}" height="${2 * half}" rx="${rounded}"/>`;
      const whole = `${shape}${label(x, y)}`;
      return kind === "rule" ? `<a href="#${text}">${whole}</a>` : whole;
    },
  };
}

const nothing: Drawing = { width: 0, up: 0, down: 0, draw: () => "" };

function row(parts: readonly Drawing[]): Drawing {
  const between = 10;
  if (parts.length === 0) return nothing;
  return {
    width: parts.reduce((sum, one) => sum + one.width, between * (parts.length - 1)),
    up: Math.max(...parts.map((one) => one.up)),
    down: Math.max(...parts.map((one) => one.down)),
    draw: (x, y) => {
      let at = x;
      return parts
        .map((one, i) => {
          const line = i === 0 ? "" : track([at - between, y], `h${between}`);
          const drawn = line + one.draw(at, y);
          at += one.width + between;
          return drawn;
        })
        .join("");
    },
  };
}

/** From level to upright: a quarter circle to the right (1) or left (-1), then down (1) or up (-1). */
function turn(right: number, down: number): string {
  return `a${arc} ${arc} 0 0 ${right * down > 0 ? 1 : 0} ${right * arc} ${down * arc}`;
}

/** From upright to level. */
function turnBack(right: number, down: number): string {
  return `a${arc} ${arc} 0 0 ${right * down > 0 ? 0 : 1} ${right * arc} ${down * arc}`;
}

/** One of several tracks, the first straight on. */
function choice(of: readonly Drawing[]): Drawing {
  const [first, ...rest] = of;
  if (!first) return nothing;
  if (rest.length === 0) return first;
  const inner = Math.max(...of.map((one) => one.width));
  const ys = [0];
  for (const [i, one] of rest.entries()) {
    ys.push((ys[i] ?? 0) + Math.max((of[i]?.down ?? 0) + one.up + gap, i === 0 ? 2 * arc : 0));
  }
  return {
    width: inner + 4 * arc,
    up: first.up,
    down: (ys.at(-1) ?? 0) + (rest.at(-1)?.down ?? 0),
    draw: (x, y) =>
      of
        .map((one, i) => {
          const at = y + (ys[i] ?? 0);
          const end = x + inner + 4 * arc;
          const start = x + 2 * arc;
          const way =
            i === 0
              ? track([x, y], `H${start}`) + track([start + one.width, y], `H${end}`)
              : track([x, y], turn(1, 1), `V${at - arc}`, turnBack(1, 1)) +
                track([start + one.width, at], `H${end - 2 * arc}`, turnUp(1), `V${y + arc}`, turnUpBack(1));
          return way + one.draw(start, at);
        })
        .join(""),
  };
}

function turnUp(right: number): string {
  return `a${arc} ${arc} 0 0 0 ${right * arc} ${-arc}`;
}

function turnUpBack(right: number): string {
  return `a${arc} ${arc} 0 0 1 ${right * arc} ${-arc}`;
}

/** At least once, with a track back below. */
function repeated(one: Drawing): Drawing {
  const back = Math.max(one.down + gap, 2 * arc);
  return {
    width: one.width + 2 * arc,
    up: one.up,
    down: back,
    draw: (x, y) => {
      const start = x + arc;
      const end = start + one.width;
      return (
        track([x, y], `h${arc}`) +
        one.draw(start, y) +
        track([end, y], `h${arc}`) +
        track(
          [end, y],
          `a${arc} ${arc} 0 0 1 ${arc} ${arc}`,
          `V${y + back - arc}`,
          `a${arc} ${arc} 0 0 1 ${-arc} ${arc}`,
          `H${start}`,
          `a${arc} ${arc} 0 0 1 ${-arc} ${-arc}`,
          `V${y + arc}`,
          `a${arc} ${arc} 0 0 1 ${arc} ${-arc}`,
        )
      );
    },
  };
}

function drawing(one: Production): Drawing {
  switch (one.kind) {
    case "rule":
      return box(one.name, "rule");
    case "token":
      return box(one.text, one.quoted ? "word" : "class");
    case "sequence":
      return row(one.parts.map(drawing));
    case "choice":
      return choice(one.of.map(drawing));
    case "optional":
      return choice([nothing, drawing(one.part)]);
    case "repeat":
      return one.least === 1 ? repeated(drawing(one.part)) : choice([nothing, repeated(drawing(one.part))]);
    default:
      return assertNever(one, "production");
  }
}

function diagram(rule: Production): string {
  const { width, up, down, draw } = drawing(rule);
  const [x, y] = [24, up + 6];
  const ends = track([x - 14, y], "h14") + track([x + width, y], "h14");
  const stops = `<circle cx="${x - 16}" cy="${y}" r="3"/><circle cx="${x + width + 16}" cy="${y}" r="3"/>`;
  const size = `width="${width + 48}" height="${up + down + 12}"`;
  return `<svg ${size}>${ends}${stops}${draw(x, y)}</svg>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 62em; padding: 0 1em; color: #1b2733; }
  h2 { font: bold 15px ui-monospace, monospace; margin: 1.6em 0 0.2em; }
  svg { display: block; overflow: visible; max-width: none; }
  figure { margin: 0; overflow-x: auto; }
  path { fill: none; stroke: #5b6b7a; stroke-width: 1.5; }
  circle { fill: #5b6b7a; }
  rect { stroke: #5b6b7a; stroke-width: 1.2; fill: #fff; }
  rect.word { fill: #fdeed9; }
  rect.class { fill: #e3eefa; }
  text { font: 13px ui-monospace, "DejaVu Sans Mono", monospace; text-anchor: middle; fill: #1b2733; }
  a rect { fill: #eef1f4; }
  a:hover rect { fill: #d5dce3; }`;

export function railroadPage(): string {
  const rules = [...productions()].map(
    ([name, rule]) => `<h2 id="${name}">${name}</h2>\n<figure>${diagram(rule)}</figure>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>The grammar of xdpl</title>
<style>${style}
</style>
<h1>The grammar of xdpl</h1>
<p>Made from the parser. Square boxes are rules, orange ones words and symbols as they are written, blue ones classes of
tokens; <code>xdpl.ebnf</code> says what these are.</p>
${rules.join("\n")}
</html>
`;
}
