/** What only tests have, in the words of hover and completion. */
import { table, word, type Word } from "./words.js";

/** Calls. */
export const testCalls: ReadonlyMap<string, Word> = table([
  word(
    "expect",
    "expect(actual) == expected · expect(condition)",
    "Ends the test unless it holds. What it says is known from there on.",
    "expect(${1:actual}) == ${2:expected};",
  ),
  word(
    "packet",
    "packet(header, …, bytes?): packet",
    "A packet of headers, outermost first, then bytes: a string or a list of numbers. Fields that are not given follow " +
      "from the declarations.",
    "packet(Ethernet({}), ${0})",
  ),
  word(
    "capture",
    "capture(file, number): packet",
    "A packet of a capture that lies beside the script, counted from 0.",
    'capture("$1", ${2:0})',
  ),
  word("captured", "captured(file): u32", "How many packets a capture has.", 'captured("$1")'),
  word(
    "receivedOn",
    "receivedOn(packet, ifindex, queue)",
    "Says from which device and queue a packet comes.",
    "receivedOn(${1:p}, ${2:1}, ${3:0});",
  ),
  word("advance", "advance(duration)", "Lets time pass.", "advance(${1:10ms});"),
  word("onCpu", "onCpu(cpu)", "Chooses the CPU that runs what follows.", "onCpu(${1:0});"),
  word(
    "route",
    "route(network, ifindex, src, dst)",
    "What `fibLookup` finds for addresses of a network: the device, its address, and that of the next hop.",
    "route(${1:10.0.0.0/8}, ${2:2}, ${3:02:00:00:00:00:01}, ${4:02:00:00:00:00:02});",
  ),
  word("redirected", "redirected(): u32", "The device or key of the last `REDIRECT`.", "redirected()"),
  word("printed", "printed(line): bool", "Whether a `print` wrote this line.", 'printed("$1")'),
]);

/** Those that stand alone; the others are values. */
export const testStatements: ReadonlySet<string> = new Set([
  "expect",
  "receivedOn",
  "advance",
  "onCpu",
  "route",
]);

/** What maps can do beside what programs can. */
export const testMapMethods: ReadonlyMap<string, Word> = table([
  word("take", "take(): T | null", "The ring buffer's next record; null when there is none."),
  word("set", "set(key, value)", "Puts a device, a CPU or a socket into the map."),
]);

/** The type of a property's parameter. */
export const testPacketWord: Word = word(
  "packet",
  "packet",
  "A packet: in a property, one that is generated for each run.",
);
