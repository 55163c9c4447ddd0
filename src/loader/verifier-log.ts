/**
 * Reads the kernel verifier's log. Up to 7.2 the reason is the last lines before the statistics; from 7.3 on a block
 * "Verification failed:" follows them, with reason, place and suggestion in sections of their own.
 */

/** A place in a source file, from BTF line info. `column` is only in the structured form. */
export interface LogPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number | undefined;
}

export interface VerifierRejection {
  /** The kernel's words: the last message before the statistics. */
  readonly reason: string;
  /** The instruction it stopped at, counted from the program's start as the kernel does. */
  readonly instruction: number | undefined;
  /** That instruction's text, such as `r0 = *(u8 *)(r1 +20)`. */
  readonly text: string | undefined;
  /** The source text of the last line-info comment before it. */
  readonly sourceText: string | undefined;
  /** Where that is; kernels up to 6.8 give the text only. */
  readonly place: LogPlace | undefined;
  /** The function named by the structured form. */
  readonly function: string | undefined;
  /** The structured form's title, explanation and advice. */
  readonly category: string | undefined;
  readonly explanation: string | undefined;
  readonly suggestion: string | undefined;
}

/** What the verifier tells of a program at log level 4, accepted or not. */
export interface VerifierStatistics {
  readonly processed: number;
  readonly limit: number;
  readonly totalStates: number;
  readonly peakStates: number;
  readonly verificationUs: number | undefined;
  /** Stack bytes of each function, main first, as the kernel rounds nothing. */
  readonly stack: readonly number[];
}

const statisticsLine =
  /^processed (\d+) insns \(limit (\d+)\).* total_states (\d+) peak_states (\d+) mark_read \d+$/m;

/** The statistics of the log's end; undefined when it has none. */
export function parseStatistics(log: string): VerifierStatistics | undefined {
  const found = statisticsLine.exec(log);
  if (!found) return undefined;
  const time = /^verification time (\d+) usec$/m.exec(log);
  const old = /^stack depth (\d+(?:\+\d+)*)(?: max \d+)?$/m.exec(log);
  const structured = [...log.matchAll(/^subprog \d+ \(.*\) .*\bstack (\d+)$/gm)].map((one) => Number(one[1]));
  return {
    processed: Number(found[1]),
    limit: Number(found[2]),
    totalStates: Number(found[3]),
    peakStates: Number(found[4]),
    verificationUs: time ? Number(time[1]) : undefined,
    stack: structured.length > 0 ? structured : (old?.[1]?.split("+").map(Number) ?? []),
  };
}

const instructionLine = /^(?:from \d+ to )?(\d+): \([0-9a-f]{2}\) (.*?)(?:\s+; .*)?$/;
const statisticsStart = /^(?:verification time|stack depth|subprog \d+ \(|processed \d+ insns)/;
const sourceComment = /^; (.*?)(?: @ (.+?):(\d+))?$/;

/** Why a program was rejected; undefined when the log says nothing. */
export function parseRejection(log: string): VerifierRejection | undefined {
  const [plain = "", structured] = split(log);
  const lines = plain.split("\n");
  let instruction: number | undefined;
  let text: string | undefined;
  let sourceText: string | undefined;
  let place: LogPlace | undefined;
  let reason: string | undefined;
  for (const line of lines) {
    if (line.trim() === "") continue;
    if (statisticsStart.test(line)) break;
    const insn = instructionLine.exec(line);
    if (insn) {
      instruction = Number(insn[1]);
      text = insn[2]?.trim();
      // Of a jump the kernel ends no line before it says what it finds there.
      const glued = /\bgoto pc[+-]\d+ ([a-z].*)$/.exec(text ?? "");
      if (glued) {
        reason = glued[1];
        text = text?.slice(0, text.length - (glued[1]?.length ?? 0)).trim();
      }
      continue;
    }
    const comment = sourceComment.exec(line);
    if (comment) {
      sourceText = comment[1]?.trim();
      place =
        comment[2] === undefined
          ? undefined
          : { file: comment[2], line: Number(comment[3]), column: undefined };
      continue;
    }
    if (!isState(line)) reason = line.trim();
  }
  const more = structured === undefined ? undefined : parseStructured(structured);
  reason ??= more?.category;
  if (reason === undefined) return undefined;
  return {
    reason,
    instruction: instruction ?? more?.instruction,
    text,
    sourceText,
    place: more?.place ?? place,
    function: more?.function,
    category: more?.category,
    explanation: more?.explanation,
    suggestion: more?.suggestion,
  };
}

function split(log: string): [string | undefined, string | undefined] {
  const at = log.indexOf("\nVerification failed:");
  return at < 0 ? [log, undefined] : [log.slice(0, at), log.slice(at + 1)];
}

/** Register dumps and the verifier's notes on its own way, which explain nothing by themselves. */
function isState(line: string): boolean {
  return /^\s*\d+: (?:R\d|safe$|\()|^\s*(?:(?:cur|old) state:|from \d+ to \d+|func#\d+|caller:|callee:|returning from|to caller at|mark_precise:|regs=|last_idx|first_idx|parent |propagating|frame\d+:|Func#|Validating |Global function)|^\s*R\d+(?:_\w+)?=/.test(
    line,
  );
}

interface Structured {
  readonly category: string | undefined;
  readonly explanation: string | undefined;
  readonly suggestion: string | undefined;
  readonly function: string | undefined;
  readonly place: LogPlace | undefined;
  readonly instruction: number | undefined;
}

function parseStructured(block: string): Structured {
  const at = section(block, "At");
  const where = at === undefined ? null : /^(\S+) @ (.+?):(\d+)(?::(\d+))?$/m.exec(at);
  const marked = at === undefined ? null : />>>\s+(\d+) \| \([0-9a-f]{2}\)/.exec(at);
  return {
    category: /^Verification failed: (.*)$/m.exec(block)?.[1]?.trim(),
    explanation: joined(section(block, "Reason")),
    suggestion: joined(section(block, "Suggestion")),
    function: where?.[1],
    place: where
      ? {
          file: where[2] ?? "",
          line: Number(where[3]),
          column: where[4] === undefined ? undefined : Number(where[4]),
        }
      : undefined,
    instruction: marked ? Number(marked[1]) : undefined,
  };
}

/** The indented lines after `name:`. */
function section(block: string, name: string): string | undefined {
  const lines = block.split("\n");
  const start = lines.indexOf(`${name}:`);
  if (start < 0) return undefined;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line !== "" && !line.startsWith(" "));
  return (end < 0 ? rest : rest.slice(0, end)).map((line) => line.replace(/^ {2}/, "")).join("\n");
}

function joined(text: string | undefined): string | undefined {
  return text?.trim().replaceAll(/\s*\n\s*/g, " ");
}
