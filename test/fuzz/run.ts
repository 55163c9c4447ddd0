/**
 * Long runs of the fuzzers: `./dev fuzz WHAT COUNT SEED` builds this file and runs it. By hand, for many processes at once:
 *
 *     npx tsc -p tsconfig.json --outDir node_modules/.cache/fuzz
 *     cp test/kernels/boot node_modules/.cache/fuzz/test/kernels/     (for `kernels`)
 *     node node_modules/.cache/fuzz/test/fuzz/run.js --what checker --count 100000 --seed 1 --shard 0/2
 *
 * `--what`: `one` (a script of yours, `--file F`, through all of it), `reduce` (makes one that fails smaller, for `--seconds`),
 * `checker` (anything in, no throw, no hang), `kernel` (what passes the check loads here; `--unchecked`: what the proofs
 * reject, too; `--seconds`: one script of each class is made smaller for so long), `kernels` (it loads on the others;
 * `--kernels` is a list of them), `differential` (kernel and interpreter do the same), `parser`,
 * `format` (twice as once, the same tree, every comment), `editor` (everything an editor asks), `show` (prints a script).
 * `--from N` starts with script N: `--from 77 --count 1` is that script alone. Any number of processes can share the work:
 * each takes one shard. The last line is a report in JSON; the exit code is 1 when anything failed.
 */
import { readFileSync } from "node:fs";
import { stderr, stdout } from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { inputAt, type Failure, type Range } from "./checker.js";
import { fuzz as fuzzParser, scripts } from "./parser.js";
import { watchChecker } from "./watch.js";

function showFailure(failure: Failure): void {
  const lines = [
    `--- ${failure.signature} (script ${failure.at})`,
    failure.detail.slice(0, 1500),
    failure.reduced,
    "",
  ];
  stderr.write(`${lines.join("\n")}\n`);
}

/** A long run says what it has, for one that is stopped. */
function showProgress(report: { readonly failures: readonly Failure[] }): void {
  stderr.write(`${JSON.stringify({ ...report, failures: report.failures.length })}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      what: { type: "string", default: "checker" },
      count: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      shard: { type: "string", default: "0/1" },
      kernels: { type: "string" },
      captures: { type: "string" },
      batch: { type: "string", default: "150" },
      unchecked: { type: "boolean", default: false },
      file: { type: "string" },
      seconds: { type: "string" },
    },
  });
  const [index = 0, of = 1] = values.shard.split("/").map(Number);
  const range: Range = {
    count: Number(values.count),
    seed: Number(values.seed),
    from: Number(values.from),
    shard: { index, of },
  };
  const start = performance.now();
  const report = await run(values.what, range, values);
  const seconds = Math.round((performance.now() - start) / 1000);
  // A script on standard output is one that can be compiled.
  const out = values.what === "show" || values.what === "reduce" ? stderr : stdout;
  out.write(
    `${JSON.stringify({ what: values.what, seed: range.seed, shard: values.shard, seconds, ...report.shown })}\n`,
  );
  process.exitCode = report.failed > 0 ? 1 : 0;
}

interface Report {
  readonly shown: object;
  readonly failed: number;
}

interface Settings {
  readonly kernels?: string | undefined;
  readonly captures?: string | undefined;
  readonly batch: string;
  readonly unchecked: boolean;
  readonly seconds?: string | undefined;
  readonly file?: string | undefined;
}

async function run(what: string, range: Range, settings: Settings): Promise<Report> {
  switch (what) {
    case "show":
      stdout.write(inputAt(range.seed, range.from ?? 0).text);
      return { shown: {}, failed: 0 };
    case "one": {
      const { compareText, outcomeText } = await import("./one.js");
      const text = readFileSync(settings.file ?? 0, "utf8");
      stdout.write(`${outcomeText(text)}\n${compareText(text, settings.captures)}\n`);
      return { shown: {}, failed: 0 };
    }
    case "reduce": {
      const { reduceText } = await import("./one.js");
      const text = readFileSync(settings.file ?? 0, "utf8");
      stdout.write(`${reduceText(text, settings.captures, Number(settings.seconds ?? 120))}\n`);
      return { shown: {}, failed: 0 };
    }
    case "parser": {
      const corpus = scripts(pathToFileURL(`${process.cwd()}/`));
      return { shown: fuzzParser(corpus, range.count, range.seed), failed: 0 };
    }
    case "format": {
      const { fuzzFormat } = await import("./format.js");
      const shown = await fuzzFormat(range, (failure) => void stderr.write(`${failure}\n`));
      return { shown, failed: shown.failed };
    }
    case "editor": {
      const { fuzzEditor } = await import("./editor.js");
      const shown = fuzzEditor(range, (failure) => void stderr.write(`${failure}\n`));
      return { shown, failed: shown.failed };
    }
    case "checker": {
      const { failures, ...shown } = await watchChecker(range, showFailure);
      return { shown: { ...shown, signatures: failures.map((one) => one.signature) }, failed: shown.failed };
    }
    case "kernel": {
      const { fuzzKernel } = await import("./kernel.js");
      const options = {
        unchecked: settings.unchecked,
        reduceSeconds: Number(settings.seconds ?? 0),
        onProgress: showProgress,
      };
      const report = fuzzKernel(range, options, showFailure);
      return { shown: { ...report, failures: report.failures.length }, failed: report.failed };
    }
    case "kernels": {
      const { fuzzKernels } = await import("./kernels.js");
      const kernels = settings.kernels?.split(",");
      const options = { kernels, batch: Number(settings.batch), onProgress: showProgress };
      const { failed, problems, ...report } = await fuzzKernels(range, options, showFailure);
      const shown = { ...report, failures: report.failures.length, failed, problems };
      return { shown, failed: failed + problems.length };
    }
    case "differential": {
      const { fuzzDifferential } = await import("./differential.js");
      const { failures, ...shown } = fuzzDifferential(range, { captures: settings.captures }, showFailure);
      return { shown: { ...shown, signatures: failures.map((one) => one.signature) }, failed: shown.failed };
    }
    default:
      throw new Error(
        `--what is one, reduce, checker, kernel, kernels, differential, parser, format, editor or show, not ${what}`,
      );
  }
}

await main();
