/** The three ways in which a run is shown: lines, JSON Lines for programs, and a live view on a terminal. */
import pc from "picocolors";
import { type MapContents, type ProgramEvent, type Session } from "../run/index.js";
import type { Context } from "./program.js";
import { eventLine } from "./show-event.js";
import { cut, mapBlock, ordered } from "./show-maps.js";
import type { Terminal } from "./terminal.js";
import { elapsed } from "./time.js";

export interface RunView {
  started(): void;
  events(events: readonly ProgramEvent[]): void;
  /** A map that the script asked to be shown, `top` rows of it. */
  show(map: MapContents, top: number | undefined): void;
  /** At each interval of `--watch`. */
  interval(maps: readonly MapContents[]): void;
  /** Once, when all is detached and all events are read. */
  ended(maps: readonly MapContents[]): void;
  /** Gives the terminal back. Also after a failure. */
  close(): void;
}

export function openView(context: Context, session: Session, watchMs: number | undefined): RunView {
  if (context.json) return jsonView(context.terminal, session);
  const lines = plainView(context.terminal, session);
  return watchMs !== undefined && context.terminal.interactive
    ? liveView(context.terminal, session, lines)
    : lines;
}

// ---- lines -----------------------------------------------------------------------------------------------

function plainView(terminal: Terminal, session: Session): RunView {
  const began = Date.now();
  let last = { at: began, maps: [] as readonly MapContents[] };
  const show = (maps: readonly MapContents[], rates: boolean): void => {
    const seconds = (Date.now() - last.at) / 1000;
    const blocks = maps.map((map) => {
      const before = last.maps.find(({ name }) => name === map.name);
      return mapBlock(map, terminal, rates ? { since: { before, seconds } } : {}).join("\n");
    });
    if (blocks.length > 0) terminal.out(`\n${blocks.join("\n\n")}\n`);
    last = { at: Date.now(), maps };
  };
  return {
    started() {
      for (const { program, place, remark } of session.links) {
        terminal.err(`${program}: attached to ${place}\n`);
        if (remark !== undefined) terminal.err(`${" ".repeat(program.length)}  ${remark}\n`);
      }
      terminal.err(`^C ends\n`);
    },
    events(events) {
      terminal.out(events.map((event) => `${eventLine(event)}\n`).join(""));
    },
    show(map, top) {
      terminal.out(`${mapBlock(map, terminal, top === undefined ? {} : { top }).join("\n")}\n`);
    },
    interval(maps) {
      terminal.out(`\n--- ${elapsed(Date.now() - began)}\n`);
      show(maps, true);
    },
    ended(maps) {
      show(maps, false);
      sayLost(terminal, session);
    },
    close() {},
  };
}

function sayLost(terminal: Terminal, session: Session): void {
  for (const { map, kind, count } of session.lost()) {
    if (map === undefined)
      terminal.err(`xdpl: ${count} printed lines were lost: they came faster than they were read\n`);
    else if (kind === "StackTrace")
      terminal.err(`xdpl: ${count} stacks were lost: there were too many different ones\n`);
    else if (kind === "RingBuffer")
      terminal.err(
        `xdpl: ${count} events of \`${map}\` were lost: they came faster than they were read\n` +
          `      a larger buffer holds more of a burst: new RingBuffer<…>(1MiB)\n`,
      );
    else
      terminal.err(
        `xdpl: ${count} values were not recorded in \`${map}\`: it is full of keys\n` +
          `      give it room for more: new ${kind}<…>(100_000)\n`,
      );
  }
}

// ---- JSON Lines ------------------------------------------------------------------------------------------

function jsonView(terminal: Terminal, session: Session): RunView {
  const began = Date.now();
  const line = (value: object): string =>
    `${JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one))}\n`;
  const state = (event: string, maps: readonly MapContents[]): object => ({
    event,
    seconds: (Date.now() - began) / 1000,
    maps,
    lost: Object.fromEntries(session.lost().map(({ map, count }) => [map ?? "print", count])),
  });
  return {
    started() {
      const links = session.links.map(({ program, place, remark }) => ({
        program,
        place,
        remark: remark ?? null,
      }));
      terminal.out(line({ event: "attached", links }));
    },
    events(events) {
      terminal.out(
        events
          .map((event) =>
            line(
              event.kind === "print"
                ? { event: "print", text: event.text }
                : event.kind === "record"
                  ? { event: "record", map: event.map, value: event.value }
                  : { event: "request", ...event.action },
            ),
          )
          .join(""),
      );
    },
    show: (map, top) =>
      terminal.out(line({ event: "map", ...map, entries: ordered(map.entries).slice(0, top) })),
    interval: (maps) => terminal.out(line(state("interval", maps))),
    ended: (maps) => terminal.out(line(state("end", maps))),
    close() {},
  };
}

// ---- live ------------------------------------------------------------------------------------------------

const alternateScreen = "\x1b[?1049h\x1b[?25l";
const normalScreen = "\x1b[?25h\x1b[?1049l";
const home = "\x1b[H";
const clearLine = "\x1b[K";
const clearBelow = "\x1b[J";
const keptEvents = 200;

/** Redraws the whole screen at each interval; in the end, gives the screen back and shows the rest as lines. */
function liveView(terminal: Terminal, session: Session, lines: RunView): RunView {
  const colors = pc.createColors(terminal.outColor);
  const began = Date.now();
  const recent: string[] = [];
  let total = 0;
  let last = { at: began, maps: [] as readonly MapContents[] };
  let open = false;
  const draw = (maps: readonly MapContents[]): void => {
    const width = Math.max(40, process.stdout.columns || 80);
    const height = Math.max(10, process.stdout.rows || 24);
    const seconds = (Date.now() - last.at) / 1000;
    const places = session.links.map(({ program, place }) => `${program} on ${place}`).join("; ");
    const head = [cut(`${colors.bold("xdpl")}  ${elapsed(Date.now() - began)}  ${places}`, width), ""];
    const eventRows = total === 0 ? 0 : Math.min(8, Math.max(3, Math.floor(height / 3)));
    const room = height - head.length - (eventRows > 0 ? eventRows + 2 : 0) - 1;
    const body = fit(maps, room, (map, top) => {
      const before = last.maps.find(({ name }) => name === map.name);
      return mapBlock(map, { outColor: terminal.outColor, width }, { top, since: { before, seconds } });
    });
    const tail =
      eventRows === 0
        ? []
        : [
            `${colors.bold("events")}  ${total}`,
            ...recent.slice(-eventRows).map((one) => cut(`  ${one}`, width)),
          ];
    const screen = [...head, ...body, ...tail].slice(0, height - 1);
    terminal.out(`${home}${screen.map((one) => `${one}${clearLine}\n`).join("")}${clearBelow}`);
    last = { at: Date.now(), maps };
  };
  return {
    started() {
      terminal.out(alternateScreen);
      open = true;
      draw([]);
    },
    events(events) {
      total += events.length;
      recent.push(...events.slice(-keptEvents).map(eventLine));
      recent.splice(0, recent.length - keptEvents);
    },
    show(map, top) {
      const width = Math.max(40, process.stdout.columns || 80);
      recent.push(...mapBlock(map, { outColor: false, width }, top === undefined ? {} : { top }));
      total++;
    },
    interval: draw,
    ended(maps) {
      this.close();
      lines.events([]);
      lines.ended(maps);
    },
    close() {
      if (open) terminal.out(normalScreen);
      open = false;
    },
  };
}

/** Blocks of lines for a screen: all maps get their heading, and the rows that there is room for are shared. */
function fit(
  maps: readonly MapContents[],
  room: number,
  block: (map: MapContents, top: number) => readonly string[],
): readonly string[] {
  const shown = maps.filter(({ entries }) => entries.length > 0);
  const lines: string[] = [];
  shown.forEach((map, at) => {
    const left = room - lines.length - 3 * (shown.length - at - 1);
    // A heading, a line of what is left out, an empty line.
    const top = Math.max(1, Math.min(map.entries.length, Math.floor(left / (shown.length - at)) - 3));
    lines.push(...block(map, top), "");
  });
  return lines.slice(0, Math.max(0, room));
}
