/** Durations on the command line: `10s`, `500ms`, `2m`, `1h`; a bare number is seconds. */
import { usage } from "./failure.js";

const units: Readonly<Record<string, number>> = {
  "": 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};
/** Node's timers count in 31 bits of milliseconds. */
const longest = 2 ** 31 - 1;

/** Milliseconds. `option` is what is named when the text is none. */
export function duration(text: string, option: string, least = 1): number {
  const found = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim());
  const unit = found ? units[found[2] ?? ""] : undefined;
  if (!found || unit === undefined)
    throw usage(`${option} takes a duration, not \`${text}\``, "such as 10s, 500ms, 2m");
  const milliseconds = Number(found[1]) * unit;
  if (milliseconds < least || milliseconds > longest)
    throw usage(
      `${option} \`${text}\` is too ${milliseconds < least ? "short" : "long"}`,
      `at least ${least}ms, at most 24 days`,
    );
  return milliseconds;
}

/** `1h 02m 03s`, `12s`. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours}h ${two(minutes)}m ${two(rest)}s`;
  return minutes > 0 ? `${minutes}m ${two(rest)}s` : `${rest}s`;
}
