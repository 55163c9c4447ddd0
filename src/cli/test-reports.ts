/** Reports of `xdpl test` for programs: JUnit and JSON. */
import { lineOf } from "../testing/index.js";
import type { FileResult } from "./test-report.js";

export function junit(files: readonly FileResult[]): string {
  const suites = files.map(({ path, results, broken }) => {
    const failures = results.filter(({ failure }) => failure).length;
    const cases = results.map(({ test, failure, milliseconds }) => {
      const head = `    <testcase classname="${attribute(path)}" name="${attribute(test.name)}" time="${(milliseconds / 1000).toFixed(3)}"`;
      if (!failure) return `${head}/>`;
      const { message, actual, expected, span } = failure;
      const text = [
        `${span.file.path}:${lineOf(span)}: ${message}`,
        ...(actual === undefined ? [] : [`actual ${actual}`]),
        ...(expected === undefined ? [] : [`expected ${expected}`]),
      ].join("\n");
      return `${head}>\n      <failure message="${attribute(message)}">${attribute(text)}</failure>\n    </testcase>`;
    });
    const errors = broken ? ' errors="1"' : "";
    return [
      `  <testsuite name="${attribute(path)}" tests="${results.length}" failures="${failures}"${errors}>`,
      ...cases,
      "  </testsuite>",
    ].join("\n");
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("\n")}\n</testsuites>\n`;
}

function attribute(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

export function jsonTests(files: readonly FileResult[], seed: number): object {
  return {
    seed,
    files: files.map(({ path, results, broken }) => ({
      path,
      broken,
      tests: results.map(({ test, failure, milliseconds, runs, packet }) => ({
        name: test.name,
        ok: failure === undefined,
        milliseconds,
        ...(runs === undefined ? {} : { packets: runs }),
        ...(packet === undefined ? {} : { packet: Buffer.from(packet).toString("hex") }),
        ...(failure === undefined
          ? {}
          : {
              failure: {
                message: failure.message,
                path: failure.span.file.path,
                line: lineOf(failure.span),
                actual: failure.actual ?? null,
                expected: failure.expected ?? null,
                layers: failure.layers,
              },
            }),
      })),
    })),
  };
}
